namespace LightVM.Client;

/// <summary>How a host is reached.</summary>
public enum EndpointKind
{
    /// <summary>A unix socket of this machine, HTTP/1.1.</summary>
    UnixSocket,

    /// <summary>OpenSSH's own program, HTTP/2 on the standard streams of <c>lightvmd dial</c>.</summary>
    Ssh,
}
