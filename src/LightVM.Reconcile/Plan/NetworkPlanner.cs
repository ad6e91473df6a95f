namespace LightVM.Reconcile;

/// <summary>What is to be done with networks. Pure.</summary>
internal static class NetworkPlanner
{
    public static PlannedStep Plan(FleetSpec spec, NetworkSpec network, ObservedHost observed)
    {
        PlannedStep Step(PlanAction action, string reason, IReadOnlyList<PropertyChange>? changes = null, Problem? problem = null, Network? there = null) =>
            new(new PlanStep
            {
                Kind = ResourceKind.Network, Name = network.Name, HostName = observed.HostName, Action = action, Reason = reason, Changes = changes ?? [],
                Problem = problem, Source = spec.SourceOf(network.MarkOf("name")),
            })
            {
                WantedNetwork = network, Network = there,
            };

        if (!observed.Networks.TryGetValue(network.Name, out Network? there))
        {
            return Step(PlanAction.Create, "is not on the host");
        }

        if (there.Fleet != spec.Name)
        {
            string owner = string.IsNullOrEmpty(there.Fleet) ? "is not of any fleet" : $"is of fleet '{there.Fleet}'";
            return Step(PlanAction.Blocked, $"a network of this name exists and {owner}", there: there, problem: new Problem
            {
                Code = ErrorCodes.NetworkExists,
                Detail = $"Network '{network.Name}' exists on {observed.HostName} and {owner}, so fleet '{spec.Name}' does not touch it.",
                Target = network.Name,
                Recommendation = "Leave it out of networks: (guests can be on a network of the host without), or give the one of the spec another name.",
            });
        }

        IReadOnlyList<PropertyChange> changes = NetworkDiff.Of(there, network, spec.File);
        if (changes.Count == 0)
        {
            return Step(PlanAction.NoChange, "", there: there);
        }

        string[] anew = [.. changes.Where(change => change.Effect == ChangeEffect.Replace).Select(change => change.Path)];
        if (anew.Length > 0 && there.AdapterCount > 0)
        {
            return Step(PlanAction.Blocked, $"{string.Join(", ", anew)} differs, and {Count(there)} on it", changes, there: there, problem: new Problem
            {
                Code = ErrorCodes.NetworkInUse,
                Detail = $"The {string.Join(", ", anew)} of network '{network.Name}' on {observed.HostName} cannot change: {Count(there)} on it.",
                Target = network.Name,
                Recommendation = "Take its guests off first, or give the spec's network another name and put them there.",
            });
        }

        PlanAction action = anew.Length > 0 ? PlanAction.Replace : PlanAction.Update;
        return Step(action, $"{string.Join(", ", anew.Length > 0 ? anew : changes.Select(change => change.Path))} differs", changes, there: there);
    }

    /// <summary>Networks that carry the fleet's name and that the spec no longer names. Nothing else is ever deleted.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="observed">What is there.</param>
    /// <param name="options">Whether to prune at all.</param>
    /// <param name="guests">What is to be done with the fleet's guests.</param>
    /// <param name="departed">Whether the spec no longer names the host.</param>
    public static IReadOnlyList<PlannedStep> Prune(
        FleetSpec spec, ObservedHost observed, ReconcileOptions options, IReadOnlyList<PlannedStep> guests, bool departed)
    {
        // The fleet's own guests are off it by then, but for those that stay as they are: the spec cannot put them on a network that goes.
        HashSet<Guid> leaving = [.. guests.Where(step => step.Step.Action != PlanAction.Blocked && !step.Releases).Select(step => step.Guest?.Id).OfType<Guid>()];
        return
        [
            .. observed.Networks.Values
                .Where(network => network.Fleet == spec.Name && (departed || spec.Networks.All(named => named.Name != network.Name)))
                .OrderBy(network => network.Name, StringComparer.Ordinal)
                .Select(network => Prune(network, observed, options, leaving)),
        ];
    }

    /// <summary>Those that cannot be made (anew), for one that stays has addresses that they are to have, are blocked.</summary>
    /// <param name="steps">Of a host; those of networks are replaced in place.</param>
    /// <param name="observed">What is there.</param>
    /// <param name="pruned">What becomes of the networks that the spec no longer names.</param>
    public static void BlockOverlaps(List<PlannedStep> steps, ObservedHost observed, IReadOnlyList<PlannedStep> pruned)
    {
        bool found;
        do
        {
            found = false;
            HashSet<string> going = [.. steps.Concat(pruned).Where(step => step.Step is { Kind: ResourceKind.Network, Action: PlanAction.Delete or PlanAction.Replace }).Select(step => step.Step.Name)];
            for (int i = 0; i < steps.Count; i++)
            {
                if (steps[i] is { Step.Action: PlanAction.Create or PlanAction.Replace, WantedNetwork: { } wanted }
                    && observed.Networks.Values.FirstOrDefault(other => other.Name != wanted.Name && !going.Contains(other.Name) && NetworkDiff.Overlap(other, wanted)) is { } holder)
                {
                    string has = $"network '{holder.Name}' has {string.Join(", ", new[] { holder.Subnet, holder.Subnet6 }.OfType<string>())}";
                    steps[i] = steps[i].Blocked(has + ", and stays", new Problem
                    {
                        Code = ErrorCodes.AddressInUse,
                        Detail = $"Network '{wanted.Name}' on {observed.HostName} cannot have {wanted.Subnet ?? wanted.Subnet6}: {has}, and stays.",
                        Target = wanted.Name,
                        Recommendation = "Give it another subnet, or leave that out and the host chooses.",
                    });
                    found = true; // one that is not made anew keeps what it has
                }
            }
        }
        while (found);
    }

    private static PlannedStep Prune(Network network, ObservedHost observed, ReconcileOptions options, HashSet<Guid> leaving)
    {
        Guest? other = observed.Guests.Values
            .Where(guest => !leaving.Contains(guest.Id) && (guest.Adapters ?? []).Any(adapter => adapter.Network == network.Name))
            .MinBy(guest => guest.Name, StringComparer.Ordinal);
        bool blocked = other is not null && !options.NoPrune;
        return new PlannedStep(new PlanStep
        {
            Kind = ResourceKind.Network,
            Name = network.Name,
            HostName = observed.HostName,
            Action = options.NoPrune ? PlanAction.NoChange : blocked ? PlanAction.Blocked : PlanAction.Delete,
            Reason = options.NoPrune ? "the spec no longer names it; kept, as asked"
                : blocked ? $"the spec no longer names it, and guest '{other!.Name}' stays on it" : "the spec no longer names it",
            Problem = !blocked ? null : new Problem
            {
                Code = ErrorCodes.NetworkInUse,
                Detail = $"Network '{network.Name}' on {observed.HostName} cannot be deleted: guest '{other!.Name}' stays on it.",
                Target = network.Name,
                Recommendation = $"Take it off (Get-LightVMNetworkAdapter {other.Name}), then reconcile again.",
            },
        })
        {
            Network = network,
        };
    }

    private static string Count(Network network) => network.AdapterCount == 1 ? "an adapter is" : $"{network.AdapterCount} adapters are";
}
