namespace LightVM.Reconcile;

/// <summary>Names: RFC 1123 labels in lower case.</summary>
internal static class SpecName
{
    public const int MaxLength = 63;

    public static bool IsValid(string name) =>
        name.Length is > 0 and <= MaxLength
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
        && name[0] != '-'
        && name[^1] != '-';
}
