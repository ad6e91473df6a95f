namespace LightVM;

/// <summary>A port of the host that leads to a port of a guest: <c>8080:80</c>, or of the guests of a group: <c>8080:80@web</c>.</summary>
public sealed class PublishedPort
{
    /// <summary>Address of the host; null: all of them.</summary>
    public string? HostAddress { get; init; }

    public int HostPort { get; init; }

    public int GuestPort { get; init; }

    /// <summary><c>tcp</c> or <c>udp</c>.</summary>
    public string Protocol { get; set; } = "tcp";

    /// <summary>Guests that name the same group share the port: connections are spread over those of them that are ready. Null: it is the guest's alone.</summary>
    public string? Group { get; init; }

    public override string ToString() =>
        (HostAddress is null ? "" : HostAddress.Contains(':') ? $"[{HostAddress}]:" : HostAddress + ":")
        + $"{HostPort}:{GuestPort}" + (Protocol == "tcp" ? "" : "/" + Protocol) + (Group is null ? "" : "@" + Group);
}
