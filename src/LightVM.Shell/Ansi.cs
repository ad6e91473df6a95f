namespace LightVM.Shell;

/// <summary>The few terminal sequences that the shell writes.</summary>
internal static class Ansi
{
    public const string Reset = "\e[0m";
    public const string Red = "\e[31;1m";
    public const string Yellow = "\e[33;1m";
    public const string Faint = "\e[2m";
}
