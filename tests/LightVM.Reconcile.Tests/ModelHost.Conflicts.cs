using System.Net;

namespace LightVM.Reconcile.Tests;

/// <summary>What only one guest or network of the model may have: ports, disks, addresses, subnets.</summary>
internal sealed partial class ModelHost
{
    /// <summary>Devices that guests have room for, since their start.</summary>
    private readonly Dictionary<Guid, int> rooms = [];

    private int? FreeSlots(Guest guest, GuestState state, int devices)
    {
        if (state is not (GuestState.Running or GuestState.Starting or GuestState.Paused))
        {
            rooms.Remove(guest.Id);
            return null;
        }

        rooms.TryAdd(guest.Id, devices + 3);
        return Math.Max(0, rooms[guest.Id] - devices);
    }

    private static void CheckRoom(Guest guest)
    {
        if (guest.FreeDeviceSlots == 0)
        {
            throw new LightVMException(ErrorCodes.InvalidState, $"'{guest.Name}' has no room for one device more while it runs.");
        }
    }

    private void CheckPorts(Guest guest, IReadOnlyList<PublishedPort> wanted)
    {
        foreach (PublishedPort port in wanted)
        {
            if (guests.Values.FirstOrDefault(other => other.Id != guest.Id && other.Publish.Any(held => Collide(held, port))) is { } holder)
            {
                throw new LightVMException(ErrorCodes.PortInUse, $"'{guest.Name}' cannot publish {port}: '{holder.Name}' does.");
            }
        }
    }

    private static bool Collide(PublishedPort a, PublishedPort b) => a.Protocol == b.Protocol && a.HostPort == b.HostPort
        && (a.HostAddress is null || b.HostAddress is null || a.HostAddress == b.HostAddress) && (a.Group is null || a.Group != b.Group);

    /// <summary>A guest that does not run holds no disk.</summary>
    private void CheckDisks(Guest guest, IEnumerable<Disk> wanted)
    {
        foreach (Disk disk in wanted)
        {
            if (guests.Values.FirstOrDefault(other => other.Id != guest.Id && other.State is GuestState.Running or GuestState.Starting or GuestState.Paused
                && other.Disks.Any(held => held.Path == disk.Path && !(held.ReadOnly && disk.ReadOnly))) is { } holder)
            {
                throw new LightVMException(ErrorCodes.DiskInUse, $"'{guest.Name}' cannot have {disk.Path}: '{holder.Name}' has it.");
            }
        }
    }

    private void CheckAddress(AdapterDefinition wanted)
    {
        if (wanted.Mac is { } mac && guests.Values.Any(other => other.Adapters.Any(adapter => adapter.Mac == mac)))
        {
            throw new LightVMException(ErrorCodes.AddressInUse, $"{mac} is in use.");
        }

        if (wanted.Address is { } address && guests.Values.Any(other => other.Adapters.Any(adapter => adapter.Network == wanted.Network && adapter.Address == address)))
        {
            throw new LightVMException(ErrorCodes.AddressInUse, $"{address} is in use.");
        }
    }

    private void CheckSubnet(string name, NetworkDefinition wanted)
    {
        if (wanted.Bridge is null && IPNetwork.TryParse(wanted.Subnet, out IPNetwork subnet)
            && networks.Values.FirstOrDefault(other => other.Name != name && IPNetwork.TryParse(other.Subnet, out IPNetwork there)
                && (there.Contains(subnet.BaseAddress) || subnet.Contains(there.BaseAddress))) is { } holder)
        {
            throw new LightVMException(ErrorCodes.AddressInUse, $"Network '{name}' cannot have {subnet}: '{holder.Name}' has it.");
        }

        if (wanted.Bridge is null && !string.IsNullOrEmpty(wanted.Subnet6) && networks.Values.Any(other => other.Name != name && other.Subnet6 == wanted.Subnet6))
        {
            throw new LightVMException(ErrorCodes.AddressInUse, $"Network '{name}' cannot have {wanted.Subnet6}.");
        }
    }

    /// <summary>An address of a network that nobody has.</summary>
    private string FreeAddress(string network)
    {
        string prefix = networks[network].Subnet is { } subnet ? subnet[..(subnet.LastIndexOf('.') + 1)] : "10.118.0.";
        return Enumerable.Range(1, 100_000).Select(number => $"{prefix}{number}")
            .First(address => guests.Values.All(guest => guest.Adapters.All(adapter => adapter.Network != network || adapter.Address != address)));
    }

    /// <summary>A subnet that none has.</summary>
    private string FreeSubnet() => Enumerable.Range(0, 200).Select(number => $"10.119.{number}.0/24").First(subnet => networks.Values.All(network => network.Subnet != subnet));
}
