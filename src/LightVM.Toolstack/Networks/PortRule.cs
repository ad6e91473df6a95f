using System.Net;

namespace LightVM.Toolstack;

/// <summary>A port of the host that leads to a guest, for one address family.</summary>
/// <param name="Udp">False: TCP.</param>
/// <param name="HostAddress">Null: any of the host's.</param>
/// <param name="Target">The guest's address; its family is the rule's.</param>
internal sealed record PortRule(bool Udp, IPAddress? HostAddress, int HostPort, IPAddress Target, int GuestPort)
{
    /// <summary>Of those that share the port; null: it leads to one guest.</summary>
    public string? Group { get; init; }

    /// <summary>Of a shared port: the slot of <see cref="SpreadSlots"/> that leads to the guest. Null: not a rule of the host's yet.</summary>
    public int? Slot { get; init; }
}
