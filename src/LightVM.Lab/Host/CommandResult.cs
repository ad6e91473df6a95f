namespace LightVM.Lab.Host;

/// <summary>How a program ended.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Error)
{
    /// <summary>The last lines of what it wrote, for an error message.</summary>
    public string Tail => LogTail.Of((Error + "\n" + Output).Trim(), 12);
}
