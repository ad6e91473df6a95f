using System.Globalization;

namespace LightVM;

/// <summary>A local TCP port of this session that leads to a port of a guest, through the daemon's connection. What <c>Open-LightVMPort</c> writes. It goes on telling how it is.</summary>
public sealed class ForwardedPort
{
    public required string GuestName { get; init; }

    public required Guid GuestId { get; init; }

    /// <summary>The guest's.</summary>
    public required int Port { get; init; }

    public string LocalAddress { get; init; } = "127.0.0.1";

    public required int LocalPort { get; init; }

    public required string HostName { get; init; }

    public DateTimeOffset StartTime { get; init; }

    /// <summary>False once it is closed.</summary>
    public bool IsOpen { get; set; } = true;

    /// <summary>Connections that are open now.</summary>
    public int OpenConnections { get; set; }

    /// <summary>Connections so far.</summary>
    public long Connections { get; set; }

    /// <summary>Why the last connection that failed did, or null.</summary>
    public string? LastError { get; set; }

    /// <summary><c>127.0.0.1:8080</c></summary>
    public string Endpoint => string.Create(CultureInfo.InvariantCulture, $"{LocalAddress}:{LocalPort}");

    public override string ToString() => Endpoint;
}
