namespace LightVM.BenchReport;

/// <summary>A promise, and what was measured of it.</summary>
/// <param name="Limit">As it is told: "at most 0.25 posix_spawn".</param>
/// <param name="Value">Null: not measured.</param>
/// <param name="Met">Null: not measured.</param>
internal sealed record Bar(string What, string Limit, string? Value, bool? Met)
{
    public static Bar AtMost(string what, double? value, double limit, string unit) =>
        new(what, $"at most {Text.Number(limit)}{unit}", Show(value, unit), value is { } number ? number <= limit : null);

    public static Bar AtLeast(string what, double? value, double limit, string unit) =>
        new(what, $"at least {Text.Number(limit)}{unit}", Show(value, unit), value is { } number ? number >= limit : null);

    public string Verdict => Met switch { true => "met", false => "**missed**", null => "not measured" };

    private static string? Show(double? value, string unit) => value is { } number ? Text.Number(number) + unit : null;
}
