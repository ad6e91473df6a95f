using System.Management.Automation;

namespace LightVM.PesterRunner;

/// <summary>Equality as Should -Be has it: arrays by their elements, elements as <c>expected -eq actual</c>.</summary>
internal static class Equality
{
    private const int DepthLimit = 100;

    /// <summary><c>@(value)</c>.</summary>
    public static object?[] Enumerate(object? value) =>
        value is null ? [] : LanguagePrimitives.GetEnumerable(value)?.Cast<object?>().ToArray() ?? [value];

    /// <exception cref="ArgumentException">An array contains itself.</exception>
    public static bool AreEqual(object? actual, object? expected, bool ignoreCase, int depth = 0)
    {
        if (depth > DepthLimit)
        {
            throw new ArgumentException($"The arrays are nested deeper than {DepthLimit}; does one contain itself?");
        }

        var first = Enumerate(actual);
        var second = Enumerate(expected);
        if (IsNothing(first) || IsNothing(second))
        {
            return IsNothing(first) && IsNothing(second);
        }

        return first.Length == second.Length
            && first.Zip(second).All(pair => Elements(pair.First, pair.Second, ignoreCase, depth));
    }

    /// <summary>The first index at which two collections of one length differ, or -1.</summary>
    public static int Difference(object?[] actual, object?[] expected, bool ignoreCase)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            if (!Elements(actual[i], expected[i], ignoreCase, 0))
            {
                return i;
            }
        }

        return -1;
    }

    private static bool Elements(object? actual, object? expected, bool ignoreCase, int depth) =>
        IsArray(actual) || IsArray(expected)
            ? AreEqual(actual, expected, ignoreCase, depth + 1)
            : LanguagePrimitives.Equals(expected, actual, ignoreCase);

    private static bool IsArray(object? value) => value is Array or PSObject { BaseObject: Array };

    private static bool IsNothing(object?[] values) => values is [] or [null];
}
