namespace LightVM.Reconcile;

/// <summary>
/// What passes by a run from one guest or network of a host to another: published ports, disks, addresses, subnets. Only one may have them, so
/// whoever gives them up does so before the other's turn. Pure.
/// </summary>
internal sealed class Handover
{
    private readonly Dictionary<(string Protocol, int Port), List<(PublishedPort Port, PlanStep Step)>> ports = [];
    private readonly Dictionary<string, List<(bool ReadOnly, PlanStep Step)>> disks = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PlanStep> addresses = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<NetworkSpec> subnets = [];
    private readonly HashSet<string> leavingNetworks = new(StringComparer.Ordinal);
    private readonly HashSet<PlanStep> whole = [];
    private readonly List<GuestHandover> parts = [];

    /// <param name="open">The steps of one host that are still to be taken.</param>
    public Handover(IReadOnlyList<PlannedStep> open)
    {
        foreach (PlannedStep step in open)
        {
            Claim(step);
        }

        foreach (PlannedStep step in open.Where(step => step.Step is { Kind: ResourceKind.Network, Action: PlanAction.Delete or PlanAction.Replace }
            && subnets.Exists(wanted => wanted.Name != step.Step.Name && NetworkDiff.Overlap(step.Network!, wanted))))
        {
            leavingNetworks.Add(step.Step.Name);
            whole.Add(step.Step);
        }

        foreach (PlannedStep step in open)
        {
            GiveUp(step);
        }
    }

    /// <summary>Whether a guest or a network goes before others are made: one that the spec no longer names, or a network that is to be made anew.</summary>
    public bool GoesFirst(PlannedStep step) => whole.Contains(step.Step);

    /// <summary>Guests that stay, and what they give up before others are made.</summary>
    public IReadOnlyList<GuestHandover> Parts => parts;

    private void Claim(PlannedStep step)
    {
        if (step.WantedNetwork is { } network && step.Step.Action is PlanAction.Create or PlanAction.Replace)
        {
            subnets.Add(network);
        }

        if (step.Wanted is not { } wanted || !ChangesWhatPasses(step))
        {
            return;
        }

        IEnumerable<string> has = (step.Guest?.Publish ?? []).Select(port => port.ToString());
        foreach (PublishedPort port in GuestShape.ToPorts(wanted.Publish.Except(has, StringComparer.Ordinal)))
        {
            ListOf(ports, (port.Protocol, port.HostPort)).Add((port, step.Step));
        }

        foreach (DeviceStep device in DeviceDiff.Of(step.Guest, wanted))
        {
            if (device.AddDisk is { } disk)
            {
                ListOf(disks, disk.Path).Add((disk.ReadOnly, step.Step));
            }

            foreach (string address in Addresses(device.AddAdapter?.Network ?? "", device.AddAdapter?.Address, device.AddAdapter?.Mac))
            {
                addresses[address] = step.Step;
            }
        }
    }

    /// <summary>A change of a label alone, say of 1,000 guests, is none of ours.</summary>
    private static bool ChangesWhatPasses(PlannedStep step) =>
        step.Guest is null || step.Step.Changes.Any(change => change.Path == "publish" || DeviceDiff.IsDevice(change.Path));

    private void GiveUp(PlannedStep step)
    {
        if (step.Step.Kind != ResourceKind.Guest || step.Guest is not { } guest || step.Releases || step.MovesTo is not null)
        {
            return;
        }

        if (step.Step.Action == PlanAction.Delete)
        {
            if ((guest.Publish ?? []).Any(port => IsWanted(port, step)) || (guest.Disks ?? []).Any(disk => IsWanted(disk, step))
                || (guest.Adapters ?? []).Any(adapter => IsWanted(adapter, step)))
            {
                whole.Add(step.Step);
            }

            return;
        }

        if (step.Wanted is not { } wanted || !ChangesWhatPasses(step))
        {
            return;
        }

        PublishedPort[] kept = [.. (guest.Publish ?? []).Where(port => wanted.Publish.Contains(port.ToString()) || !IsWanted(port, step))];
        HashSet<(bool IsDisk, int Id)> going = [.. DeviceDiff.Of(guest, wanted).Where(device => device.Remove is not null).Select(device => (device.IsDisk, device.Remove!.Value))];
        Disk[] givenDisks = [.. (guest.Disks ?? []).Where(disk => going.Contains((true, disk.Id)) && IsWanted(disk, step))];
        Adapter[] givenAdapters = [.. (guest.Adapters ?? []).Where(adapter => going.Contains((false, adapter.Id)) && IsWanted(adapter, step))];
        if (kept.Length < (guest.Publish ?? []).Count || givenDisks.Length > 0 || givenAdapters.Length > 0)
        {
            // A guest keeps the adapter that its ports lead to: they come back with those that it is to have.
            parts.Add(new GuestHandover(step, givenAdapters.Length > 0 ? [] : kept, givenDisks, givenAdapters));
        }
    }

    private bool IsWanted(PublishedPort port, PlannedStep holder) => ports.TryGetValue((port.Protocol, port.HostPort), out var claims)
        && claims.Exists(claim => claim.Step != holder.Step
            && (claim.Port.HostAddress is null || port.HostAddress is null || claim.Port.HostAddress == port.HostAddress)
            && (claim.Port.Group is null || claim.Port.Group != port.Group));

    private bool IsWanted(Disk disk, PlannedStep holder) => disks.TryGetValue(disk.Path, out var claims)
        && claims.Exists(claim => claim.Step != holder.Step && !(claim.ReadOnly && disk.ReadOnly));

    private bool IsWanted(Adapter adapter, PlannedStep holder) => leavingNetworks.Contains(adapter.Network)
        || Addresses(adapter.Network, adapter.Address, adapter.Mac).Any(address => addresses.TryGetValue(address, out PlanStep? taker) && taker != holder.Step);

    private static IEnumerable<string> Addresses(string network, string? address, string? mac)
    {
        if (!string.IsNullOrEmpty(address))
        {
            yield return $"{network} {address}";
        }

        if (!string.IsNullOrEmpty(mac))
        {
            yield return mac; // of the whole host
        }
    }

    private static List<T> ListOf<TKey, T>(Dictionary<TKey, List<T>> lists, TKey key)
        where TKey : notnull
    {
        if (!lists.TryGetValue(key, out List<T>? list))
        {
            lists.Add(key, list = []);
        }

        return list;
    }
}
