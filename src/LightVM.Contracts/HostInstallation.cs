namespace LightVM;

/// <summary>What was done to a host so that it runs this version of LightVM. What <c>Install-LightVMHost</c> writes.</summary>
public sealed class HostInstallation
{
    /// <summary>As this session names it.</summary>
    public required string HostName { get; init; }

    /// <summary>The version of the package before; null: there was none.</summary>
    public string? PreviousVersion { get; init; }

    /// <summary>The version of the package now.</summary>
    public required string Version { get; init; }

    public string XenVersion { get; init; } = "";

    /// <summary>Whether anything was changed.</summary>
    public bool IsChanged { get; init; }

    /// <summary>Guests that it has now; those that ran before an upgrade run on.</summary>
    public int GuestCount { get; init; }

    /// <summary>What was done, in that order.</summary>
    public IReadOnlyList<string> Actions { get; init; } = [];

    /// <summary>What is to be looked at, though LightVM serves.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    public TimeSpan Duration { get; init; }

    public override string ToString() => $"{HostName}: {Version}";
}
