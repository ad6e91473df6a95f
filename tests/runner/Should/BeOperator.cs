using System.Collections;
using System.Management.Automation;

namespace LightVM.PesterRunner;

/// <summary>-Be and -BeExactly.</summary>
internal sealed class BeOperator(string name, string alias, bool ignoreCase) : IShouldOperator
{
    private const int ContextLength = 60;

    public string Name => name;

    public IReadOnlyList<string> Aliases => [alias];

    public bool TakesArray => true;

    public IReadOnlyList<(string Name, Type Type)> Parameters => [("ExpectedValue", typeof(object))];

    public ShouldOutcome Test(ShouldCall call)
    {
        var expected = call.Argument("ExpectedValue");
        return call.Judge(
            Equality.AreEqual(call.Actual, expected, ignoreCase),
            () => Message(call, expected),
            () => $"Expected {ValueText.Of(Single(expected))} to be different from the actual value{call.Because} but got the same value.");
    }

    private static object? Base(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;

    private static object? Single(object? value) => Equality.Enumerate(value) is [var one] ? one : value;

    private string Message(ShouldCall call, object? expected)
    {
        var actual = Single(call.Actual);
        expected = Single(expected);
        if (Base(actual) is IEnumerable and not string and not IDictionary
            && Base(expected) is IEnumerable and not string and not IDictionary)
        {
            return Collections(call, Equality.Enumerate(actual), Equality.Enumerate(expected));
        }

        return Base(actual) is string text && Base(expected) is string wanted
            ? Strings(call, text, wanted)
            : $"Expected {ValueText.Of(expected)}{call.Because} but got {ValueText.Of(actual)}.";
    }

    private string Collections(ShouldCall call, object?[] actual, object?[] expected)
    {
        if (actual.Length != expected.Length)
        {
            return $"Expected a collection {ValueText.Of(expected)} with length {expected.Length}{call.Because} "
                + $"but got a collection {ValueText.Of(actual)} with length {actual.Length}.";
        }

        return $"Expected collections to be the same{call.Because} but they differ at index "
            + $"{Equality.Difference(actual, expected, ignoreCase)} of {expected.Length}.\n"
            + $"Expected: {ValueText.Of(expected)}\nBut was:  {ValueText.Of(actual)}";
    }

    private string Strings(ShouldCall call, string actual, string expected)
    {
        var comparison = ignoreCase ? StringComparison.InvariantCultureIgnoreCase : StringComparison.InvariantCulture;
        var index = 0;
        while (index < actual.Length && index < expected.Length
            && string.Compare(actual, index, expected, index, 1, comparison) == 0)
        {
            index++;
        }

        return $"Expected strings to be the same{call.Because} but they differ at index {index}; "
            + $"their lengths are {expected.Length} and {actual.Length}.\n"
            + $"Expected: '{Excerpt(expected, index)}'\nBut was:  '{Excerpt(actual, index)}'";
    }

    private static string Excerpt(string text, int index)
    {
        var from = Math.Max(0, Math.Min(index, text.Length) - ContextLength);
        var to = Math.Min(text.Length, index + ContextLength);
        var part = (from > 0 ? "..." : "") + text[from..to] + (to < text.Length ? "..." : "");
        return part.Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal)
            .Replace("\t", "\\t", StringComparison.Ordinal).Replace("\0", "\\0", StringComparison.Ordinal);
    }
}
