namespace LightVM.Reconcile;

/// <summary>
/// Regular expressions of the schema. Each matches all that the binders take, and refuses what is wrong at a glance; the rest (that a prefix
/// begins at its first address) the binders alone say.
/// </summary>
internal static class SpecPatterns
{
    private const string Number = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";

    public const string Address = $"^({Number}\\.){{3}}{Number}$";
    public const string Subnet = $"^({Number}\\.){{3}}{Number}/([89]|[12][0-9]|30)$";
    public const string Subnet6 = "^(|none|[0-9a-fA-F:.]+/64)$";
    public const string Mac = "^[0-9a-fA-F][02468aceACE]([:-][0-9a-fA-F]{2}){5}$";
    public const string Size = @"^(0x[0-9a-fA-F]+|[0-9]+(\.[0-9]{1,15})?([bB]|[kmgtKMGT][iI]?[bB])?)$";
    public const string Interface = @"^[^/:\s]{1,15}$";
    public const string HostPath = "^/[^\\u0000-\\u001f]*$";
    public const string GuestPath = "^/[^/]";
    public const string Mode = "^(0o)?[0-7]{1,5}$";
    public const string Secret = "^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,252}$";
    public const string Variable = "^[A-Za-z_][A-Za-z0-9_]*$";
    public const string Label = @"^[^\s=]{1,253}$";
    public const string Line = "^[^\\u0000-\\u001f\\u007f]*$";
    public const string Argument = "^[^\\u0000-\\u001f\\u007f\"]*$";
    public const string Cpus = @"^\s*[0-9]{1,4}(-[0-9]{1,4})?(\s*,\s*[0-9]{1,4}(-[0-9]{1,4})?)*\s*$";
    public const string Port = @"^\s*((\[[0-9a-fA-F:.]+\]|[0-9.]+):)?[0-9]{1,5}(:[0-9]{1,5})?(/([tT][cC][pP]|[uU][dD][pP]))?(@[a-z0-9/-]{1,127})?\s*$";
}
