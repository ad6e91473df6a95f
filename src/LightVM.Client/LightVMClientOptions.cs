namespace LightVM.Client;

/// <summary>Settings of a <see cref="LightVMClient"/>; the defaults suit people and jobs alike.</summary>
public sealed record LightVMClientOptions
{
    /// <summary>The ssh program.</summary>
    public string SshProgram { get; init; } = "ssh";

    /// <summary>The program on the host that joins its standard streams to the daemon, with its arguments.</summary>
    public IReadOnlyList<string> DialCommand { get; init; } = ["lightvmd", "dial"];

    /// <summary>How long a new connection may take to be made.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a host that was connected may be away (its daemon restarts) before a request or stream on it fails.</summary>
    public TimeSpan ReconnectTime { get; init; } = TimeSpan.FromSeconds(15);
}
