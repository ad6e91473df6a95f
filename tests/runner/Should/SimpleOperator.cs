namespace LightVM.PesterRunner;

/// <summary>An operator of at most one value and without array input, which most are.</summary>
internal abstract class SimpleOperator(string name, IReadOnlyList<string>? aliases = null, string? parameter = "ExpectedValue")
    : IShouldOperator
{
    public string Name => name;

    public IReadOnlyList<string> Aliases { get; } = aliases ?? [];

    public virtual bool TakesArray => false;

    public virtual IReadOnlyList<(string Name, Type Type)> Parameters { get; } =
        parameter is null ? [] : [(parameter, typeof(object))];

    public abstract ShouldOutcome Test(ShouldCall call);
}
