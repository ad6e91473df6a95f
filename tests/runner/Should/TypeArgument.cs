using System.Management.Automation;

namespace LightVM.PesterRunner;

/// <summary>A type given as a type, as its name, or as its name in brackets (as an argument, [int] is a string).</summary>
internal static class TypeArgument
{
    /// <exception cref="ArgumentException">No such type is loaded: an error in Pester 5, a look at PSTypeNames in 6.</exception>
    public static Type Read(object? argument)
    {
        var value = argument is PSObject wrapped ? wrapped.BaseObject : argument;
        if (value is Type type)
        {
            return type;
        }

        var name = (value?.ToString() ?? "").Trim();
        if (name.StartsWith('[') && name.EndsWith(']'))
        {
            name = name[1..^1];
        }

        return LanguagePrimitives.TryConvertTo<Type>(name, out var found)
            ? found
            : throw new ArgumentException($"Could not find type [{name}]. Is the assembly that has it loaded?");
    }
}
