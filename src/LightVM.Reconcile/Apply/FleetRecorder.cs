namespace LightVM.Reconcile;

/// <summary>
/// Records the fleet on each of its hosts: its inventory there, the digest of the spec once all of it holds there, the list of all hosts, and the
/// run itself for the history. Nothing is sent to a host where nothing was tried and whose daemon knows the rest already. Ids that a host
/// no longer has drop out of the inventory here.
/// </summary>
internal sealed class FleetRecorder(HostSet hosts, RunState run)
{
    private readonly FleetSpec spec = run.Plan.Spec;
    private readonly ObservedFleet observed = run.Plan.Observed;

    /// <summary>Whether any daemon would learn something, as things are now.</summary>
    public bool HasNews
    {
        get
        {
            List<FleetHost> list = List(before: false);
            return observed.Hosts.Any(host => HasNewsFor(host, list)) || observed.Departed.Any(host => host.Record is not null && IsGone(host.HostName));
        }
    }

    /// <summary>
    /// Of a fleet on several hosts: says which host is to have which guest, before any is made. So where a host is lost later it is
    /// known what may be there, whatever became of this run, and no guest is made twice.
    /// </summary>
    public async Task AnnounceAsync(CancellationToken cancellationToken)
    {
        if (spec.Hosts.Count == 0)
        {
            return;
        }

        IReadOnlyList<FleetHost> list = List(before: true);
        await Task.WhenAll(observed.Hosts.Where(host => !run.IsLost(host.HostName) && !FleetHost.AreSame(list, host.Record?.Hosts ?? [])).Select(async host =>
        {
            try
            {
                await hosts.All[host.HostName].RecordAsync(
                    new Fleet
                    {
                        Name = spec.Name, SpecDigest = host.Record?.SpecDigest ?? "", SpecPath = host.Record?.SpecPath ?? spec.FullPath, Guests = host.Record?.Guests ?? [], Hosts = list,
                    },
                    cancellationToken).ConfigureAwait(false);
            }
            catch (LightVMException e) when (e.Problem.Code is ErrorCodes.HostUnreachable or ErrorCodes.AccessDenied)
            {
                run.Lose(host.HostName, e.Problem);
            }
        })).ConfigureAwait(false);
    }

    /// <summary>Only where a daemon would learn something.</summary>
    public async Task RecordAsync(CancellationToken cancellationToken)
    {
        // A lost host's steps say so already: what was made there carries its fleet, and the next run records it.
        List<FleetHost> list = List(before: false);
        ObservedHost[] told = [.. observed.Hosts.Where(host => !run.IsLost(host.HostName) && HasNewsFor(host, list))];
        ObservedHost[] gone = [.. observed.Departed.Where(host => host.Record is not null && IsGone(host.HostName))];
        if (told.Length + gone.Length == 0)
        {
            return;
        }

        run.Tell(ReconcilePhase.Record, $"Recording fleet {spec.Name}");

        // A fleet counts alike on all of its hosts.
        long revision = spec.Hosts.Count == 0 ? 0 : observed.Hosts.Max(host => host.Record?.Revision ?? 0) + 1;
        RevisionSpec? kept = RevisionLoader.Keep(spec);
        await Task.WhenAll(
        [
            .. told.Select(host => hosts.All[host.HostName].RecordAsync(
                new Fleet
                {
                    Name = spec.Name, SpecDigest = DigestOf(host), SpecPath = spec.FullPath, Guests = [.. InventoryOf(host).Order()], Hosts = list, Revision = revision,
                    Run = RunOn(host.HostName, kept),
                },
                cancellationToken)),
            .. gone.Select(host => hosts.All[host.HostName].ForgetAsync(spec.Name, cancellationToken)),
        ]).ConfigureAwait(false);
    }

    /// <param name="host">The host.</param>
    /// <param name="list">All hosts of the fleet, as each of them is to know them.</param>
    private bool HasNewsFor(ObservedHost host, List<FleetHost> list) =>
        host.Record is not { } recorded || recorded.SpecDigest != DigestOf(host) || !InventoryOf(host).SetEquals(recorded.Guests)
        || !FleetHost.AreSame(list, recorded.Hosts) || ResultsOf(host.HostName).Any(result => result.Status is ReconcileStatus.Succeeded or ReconcileStatus.Failed or ReconcileStatus.Reverted);

    private IEnumerable<ReconcileResult> ResultsOf(string hostName) => run.Results.Where(result => result.HostName == hostName);

    private string DigestOf(ObservedHost host) => run.IsWell(host.HostName) ? spec.Digest : host.Record?.SpecDigest ?? "";

    private HashSet<Guid> InventoryOf(ObservedHost host)
    {
        var ownership = new Ownership(spec.Name, host.Record);
        var inventory = new HashSet<Guid>(host.Guests.Values.Where(ownership.Owns).Select(guest => guest.Id));
        foreach (ReconcileResult result in ResultsOf(host.HostName))
        {
            if (result is not { Kind: ResourceKind.Guest, Status: ReconcileStatus.Succeeded, Id: { } id })
            {
                continue;
            }

            if (result.Action == PlanAction.Delete || PlannedStep.IsRelease(result.Changes))
            {
                inventory.Remove(id);
            }
            else if (result.Action == PlanAction.Create || result.Changes.Any(change => change.Path == PlannedStep.FleetPath))
            {
                inventory.Add(id);
            }
        }

        return inventory;
    }

    /// <summary>
    /// All hosts of the fleet: those of the spec, and those that left it for as long as anything of the fleet may be there. Of each the guests
    /// that are to be there, and those that may be there still.
    /// </summary>
    private List<FleetHost> List(bool before)
    {
        if (run.Plan.Places is not { } places)
        {
            return [];
        }

        ILookup<string, string> placed = places.Where(pair => pair.Value.HostName is not null)
            .ToLookup(pair => pair.Value.HostName!, pair => pair.Key, StringComparer.Ordinal);
        HashSet<(string HostName, string Name)> gone = before
            ? []
            : [.. run.Results.Where(result => result is { Kind: ResourceKind.Guest, Status: ReconcileStatus.Succeeded } && (result.Action == PlanAction.Delete || PlannedStep.IsRelease(result.Changes))).Select(result => (result.HostName, result.Name))];
        Dictionary<string, IEnumerable<string>> there = observed.Reached.ToDictionary(
            host => host.HostName,
            host => host.Guests.Values.Where(new Ownership(spec.Name, host.Record).Owns).Select(guest => guest.Name).Where(name => !gone.Contains((host.HostName, name))),
            StringComparer.Ordinal);
        foreach (LostHost host in observed.Lost)
        {
            there[host.Name] = host.Guests;
        }

        FleetHost Host(string name, string address) => new()
        {
            Name = name, Address = address, Guests = [.. placed[name].Concat(there.GetValueOrDefault(name) ?? []).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
        };
        return
        [
            .. spec.Hosts.Select(host => Host(host.Name, host.Address)),
            .. observed.Departed.Where(host => before || !IsGone(host.HostName)).Select(host => Host(host.HostName, host.Address)),
            .. observed.Lost.Where(host => host.Departed).Select(host => Host(host.Name, host.Address)),
        ];
    }

    /// <summary>Whether nothing of the fleet is on a departed host any more.</summary>
    private bool IsGone(string hostName) => !run.Plan.Options.NoPrune && run.IsWell(hostName);

    private FleetRevision RunOn(string hostName, RevisionSpec? kept)
    {
        ILookup<ReconcileStatus, ReconcileResult> results = ResultsOf(hostName).ToLookup(result => result.Status);
        return new FleetRevision
        {
            Duration = run.Clock.Elapsed,
            SpecDigest = spec.Digest,
            SpecPath = spec.FullPath,
            Succeeded = results[ReconcileStatus.Succeeded].Count(),
            Failed = results[ReconcileStatus.Failed].Count(),
            Blocked = results[ReconcileStatus.Blocked].Count() + run.DeclinedOn(hostName),
            Reverted = results[ReconcileStatus.Reverted].Count(),
            RollbackOf = spec.RollbackOf,
            Images = spec.Images.ToDictionary(image => image.Name, image => image.Digest!, StringComparer.Ordinal),
            Spec = kept,
        };
    }
}
