using System.Reflection;

namespace LightVM.PowerShell.Tests;

/// <summary>What the compiler calls a member in its XML documentation.</summary>
internal static class DocumentationIds
{
    public static string Of(PropertyInfo property)
    {
        Type type = property.DeclaringType!;
        return $"P:{(type.IsGenericType ? type.GetGenericTypeDefinition() : type).FullName}.{property.Name}";
    }
}
