using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace LightVM.Lab.Boot;

/// <summary>
/// What joins two labs of one checkout as an Ethernet cable does: in each, eth1, which is down and has no address until somebody wants it.
/// QEMU carries its frames in datagrams between two loopback addresses, so either lab comes and goes as it likes; without a lab at the other
/// end they are lost, as on a cable.
/// </summary>
/// <param name="Here">This lab's end: an address of the loopback network that stands for the lab.</param>
/// <param name="There">The other lab's.</param>
/// <param name="Mac">This lab's address on it.</param>
internal sealed record LabWire(string Here, string There, string Mac)
{
    /// <summary>No service is registered for it; another lab's end is another address.</summary>
    public const int Port = 20471;

    /// <param name="paths">This lab's.</param>
    /// <param name="peer">The name of the lab at the other end.</param>
    public static LabWire Of(LabPaths paths, string peer)
    {
        var id = paths.Id;
        return new LabWire(Address(id), Address(new LabPaths(paths.Root, peer).Id), $"52:54:{id[0..2]}:{id[2..4]}:{id[4..6]}:{id[6..8]}");
    }

    /// <summary>In 127.128.0.0/9, where nothing else lives; neither the first nor the last of them.</summary>
    private static string Address(string id)
    {
        byte[] hash = SHA256.HashData(Encoding.ASCII.GetBytes(id));
        return string.Create(CultureInfo.InvariantCulture, $"127.{128 | hash[0]}.{hash[1]}.{1 + (hash[2] % 254)}");
    }
}
