using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace LightVM.Lab.Boot;

/// <summary>
/// What joins the labs of one checkout as an Ethernet cable does: in each, eth1, which is down and has no address until somebody
/// wants it. QEMU carries its frames as multicasts that do not leave the machine, so labs come and go in any order.
/// </summary>
/// <param name="Group">Multicast address and port; another checkout has another.</param>
/// <param name="Mac">This lab's address on it.</param>
internal sealed record LabWire(string Group, string Mac)
{
    public static LabWire Of(LabPaths paths)
    {
        byte[] root = SHA256.HashData(Encoding.UTF8.GetBytes(paths.Root));

        // Organisation-local scope (RFC 2365), a port that no service is registered for.
        var group = string.Create(CultureInfo.InvariantCulture, $"239.{192 + (root[0] & 3)}.{root[1]}.{root[2]}:{20000 + ((root[3] << 4) | (root[4] & 15))}");
        var id = paths.Id;
        return new LabWire(group, $"52:54:{id[0..2]}:{id[2..4]}:{id[4..6]}:{id[6..8]}");
    }
}
