using System.Management.Automation.Runspaces;

namespace LightVM.Shell;

/// <summary>What a session is made of.</summary>
public sealed record ShellSessionOptions
{
    /// <summary>The LightVM.psd1 to import, or null for none.</summary>
    public string? Module { get; init; }

    /// <summary>Whether questions may be asked; they still need a terminal.</summary>
    public bool CanPrompt { get; init; }

    /// <summary>Further commands and aliases of the session, besides the engine's own.</summary>
    public IReadOnlyList<SessionStateCommandEntry> Commands { get; init; } = [];

    /// <summary>What stops the session's pipelines, if anything does.</summary>
    public StopSignals? Stop { get; init; }
}
