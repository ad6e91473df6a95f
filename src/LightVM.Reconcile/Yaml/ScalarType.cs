namespace LightVM.Reconcile.Yaml;

/// <summary>What a scalar is by the core schema of YAML 1.2.</summary>
internal enum ScalarType
{
    String,
    Null,
    Boolean,
    Integer,
    Float,
}
