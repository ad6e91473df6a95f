using System.Net;
using System.Net.Sockets;

namespace LightVM.Toolstack;

/// <summary>A port of the host that guests of a group share, for one address family.</summary>
internal readonly record struct SharedPort(bool Udp, IPAddress? HostAddress, int HostPort, AddressFamily Family)
{
    public static SharedPort Of(PortRule rule) => new(rule.Udp, rule.HostAddress, rule.HostPort, rule.Target.AddressFamily);
}
