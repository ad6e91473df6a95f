using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>How two hosts compare, for a guest that is to go from one to the other. Pure, but for <see cref="Difference"/>.</summary>
internal static class MoveHosts
{
    /// <summary>A stream is read by the Xen that wrote it and by later ones.</summary>
    public static void CheckXen(string guest, string source, string destination)
    {
        if (Release(source) is not { } from || Release(destination) is not { } to || to < from)
        {
            throw MoveProblems.Incompatible(guest, $"it runs on Xen {source}, and the destination has Xen {destination}.");
        }
    }

    /// <summary>What a guest has found at its boot it goes on to use.</summary>
    public static void CheckProcessor(string guest, IReadOnlyList<string> source, IReadOnlySet<string> destination)
    {
        List<string> missing = [.. source.Where(feature => !destination.Contains(feature))];
        if (missing.Count > 0)
        {
            const int shown = 8;
            throw MoveProblems.Incompatible(
                guest, $"the destination's processors lack {string.Join(", ", missing.Take(shown))}{(missing.Count > shown ? $" and {missing.Count - shown} more" : "")}.");
        }
    }

    /// <summary>
    /// Two networks are the same layer 2 where both are bridges of the user's of the same name and VLAN: those the user has joined, and says
    /// so by the name. Networks of LightVM's own end at their host.
    /// </summary>
    /// <param name="there">At the source.</param>
    /// <param name="here">At the destination.</param>
    /// <param name="learns">Whether the guest learns a new address by itself.</param>
    public static void CheckNetwork(string guest, Adapter adapter, Network? there, Network? here, bool acceptNewAddress, bool learns)
    {
        if (here is null)
        {
            throw new LightVMException(
                ErrorCodes.NetworkNotFound,
                $"Guest '{guest}' is not moved: its network '{adapter.Network}' is not on the destination.",
                guest,
                "Make it there with New-LightVMNetwork.");
        }

        if (there is not null && here.Mtu < there.Mtu)
        {
            throw MoveProblems.NetworkMismatch(
                guest,
                $"network '{adapter.Network}' takes frames of {here.Mtu} bytes on the destination, and the guest sends up to {there.Mtu}.",
                "Give the network the same MTU on both hosts: Set-LightVMNetwork -Mtu.");
        }

        bool same = there?.Bridge is not null && here.Bridge is not null;
        if (same && there!.Vlan != here.Vlan)
        {
            throw MoveProblems.NetworkMismatch(
                guest, $"network '{adapter.Network}' is VLAN {there.Vlan} here and VLAN {here.Vlan} on the destination.", "Make them the same VLAN.");
        }

        if (!same && !acceptNewAddress)
        {
            throw NotSameNetwork(guest, adapter.Network);
        }

        if (!same && !learns && adapter.Address is not null)
        {
            throw MoveProblems.NetworkMismatch(
                guest,
                $"its kernel does not learn another address than {adapter.Address}.",
                "Put its adapter on a network that is a bridge of yours, the same on both hosts.");
        }
    }

    public static LightVMException NotSameNetwork(string guest, string network) => MoveProblems.NetworkMismatch(
        guest,
        $"network '{network}' is not the same layer 2 on both hosts.",
        "Put its adapter on a bridge of yours that both hosts are joined by (New-LightVMNetwork -Bridge), or have it take another address with -AcceptNewAddress.");

    /// <summary>How the file of that path on this host is another than the source's, as far as can be told; null: no difference is found.</summary>
    public static string? Difference(MoveDisk disk)
    {
        DiskMark here;
        try
        {
            here = DiskMark.Of(new DiskRecord { Path = disk.Path, ReadOnly = disk.ReadOnly });
        }
        catch (XenException e)
        {
            return e.ErrorNumber == Errno.ENOENT ? "is not there on the destination" : $"cannot be looked at on the destination ({e.Message})";
        }

        return here.Inode != disk.Inode ? "is another file on the destination"
            : here.Size != disk.Size ? "has another size on the destination"
            : null;
    }

    private static Version? Release(string text)
    {
        string[] parts = text.Split('.');
        return parts.Length >= 2 && Version.TryParse($"{parts[0]}.{parts[1]}", out Version? version) ? version : null;
    }
}
