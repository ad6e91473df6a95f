namespace LightVM.Reconcile;

/// <summary>What is to be done on one host. Pure.</summary>
/// <param name="spec">The spec.</param>
/// <param name="observed">What the host has.</param>
/// <param name="options">How.</param>
/// <param name="places">Where guests are to be; null: all here.</param>
internal sealed class HostPlanner(FleetSpec spec, ObservedHost observed, ReconcileOptions options, IReadOnlyDictionary<string, Placed>? places)
{
    private readonly Ownership ownership = new(spec.Name, observed.Record);
    private readonly HashSet<string> named = new(StringComparer.Ordinal);
    private IReadOnlyList<PlannedStep>? pruned;

    /// <summary>Whether the spec no longer names the host: all that the fleet has there goes.</summary>
    public bool Departed { get; init; }

    /// <summary>What the spec names: images, networks, guests.</summary>
    public List<PlannedStep> Wanted()
    {
        var steps = new List<PlannedStep>();
        steps.AddRange(spec.Images.Where(IsNeeded).Select(PlanImage));
        steps.AddRange(spec.Networks.Select(network => NetworkPlanner.Plan(spec, network, observed)));
        var guests = new List<PlannedStep>();
        foreach (GuestSpec guest in spec.Guests)
        {
            ReplicaName[] members = [.. guest.Members.Where(member => IsHere(member.Name))];
            if (members.Length == 0)
            {
                continue;
            }

            WantedImage image = WantedImage.Find(spec, observed, guest.Image)
                ?? throw new InvalidOperationException($"Image '{guest.Image}' was not checked before planning.");
            GuestShape alike = GuestShape.Of(guest, image, spec.Name);
            bool varies = guest.Texts.Any(text => ReplicaName.Varies(text.Text)); // asked once, not for each of 10,000 replicas
            foreach (ReplicaName member in members)
            {
                named.Add(member.Name);
                guests.Add(PlanGuest(guest, member.Name, varies ? alike.For(member, guest) : alike));
            }
        }

        if (spec.Networks.Count > 0)
        {
            NetworkPlanner.BlockOverlaps(steps, observed, NetworkPlanner.Prune(spec, observed, options, [.. guests, .. Pruned], Departed));
        }

        Dictionary<string, PlannedStep> blocked = steps
            .Where(step => step.Step is { Kind: ResourceKind.Network, Problem: { } problem } && (problem.Code == ErrorCodes.NetworkExists || step.Network is null))
            .ToDictionary(step => step.Step.Name, StringComparer.Ordinal);
        return [.. steps, .. guests.Select(step => BlockOn(blocked, step))];
    }

    /// <summary>What comes after: guests and networks that go, and the pool.</summary>
    /// <param name="wanted">Those of <see cref="Wanted"/>, as they are to be taken.</param>
    public List<PlannedStep> Rest(IReadOnlyList<PlannedStep> wanted)
    {
        List<PlannedStep> steps = [.. Pruned];
        PlannedStep[] guests = [.. wanted.Where(step => step.Step.Kind == ResourceKind.Guest), .. steps];
        steps.AddRange(NetworkPlanner.Prune(spec, observed, options, guests, Departed));
        steps.AddRange(PoolPlanner.Plan(spec, observed, options, Departed));
        return steps;
    }

    /// <summary>Guests that go: once those that the spec names are known.</summary>
    private IReadOnlyList<PlannedStep> Pruned => pruned ??=
    [
        .. observed.Guests.Values
            .Where(guest => ownership.Owns(guest) && !named.Contains(guest.Name))
            .OrderBy(guest => guest.Name, StringComparer.Ordinal)
            .Select(PlanPrune),
    ];

    private bool IsHere(string guest) => places is null || places.GetValueOrDefault(guest)?.HostName == observed.HostName;

    /// <summary>Of several hosts each gets the images that its guests and its pool need.</summary>
    private bool IsNeeded(ImageSpec image) => places is null
        || spec.Pool.Any(pool => pool.Image == image.Name)
        || spec.Guests.Any(guest => guest.Image == image.Name && guest.GuestNames.Any(IsHere));

    private PlannedStep PlanImage(ImageSpec image)
    {
        PlanStep Step(PlanAction action, string reason, params PropertyChange[] changes) => new()
        {
            Kind = ResourceKind.Image, Name = image.Name, HostName = observed.HostName, Action = action, Reason = reason, Changes = changes,
            Source = spec.SourceOf(image.NameMark),
        };

        if (!observed.Images.TryGetValue(image.Name, out Image? there))
        {
            return new PlannedStep(Step(PlanAction.Create, "is not on the host")) { Image = image };
        }

        if (there.Digest == image.Digest)
        {
            return new PlannedStep(Step(PlanAction.NoChange, "")) { Image = image };
        }

        var change = new PropertyChange
        {
            Path = "digest", From = there.Digest, To = image.Digest, Effect = ChangeEffect.Live, Source = spec.SourceOf(image.PathMark),
            Reason = "running guests keep theirs until they are replaced",
        };
        return new PlannedStep(Step(PlanAction.Update, "has changed", change)) { Image = image };
    }

    private PlannedStep PlanGuest(GuestSpec guest, string name, GuestShape wanted)
    {
        PlannedStep Step(PlanAction action, string reason, IReadOnlyList<PropertyChange>? changes = null, Problem? problem = null, Guest? there = null) =>
            new(new PlanStep
            {
                Kind = ResourceKind.Guest, Name = name, HostName = observed.HostName, Action = action, Reason = reason, Changes = changes ?? [],
                Problem = problem, Source = spec.SourceOf(guest.MarkOf("name")),
            })
            {
                Spec = guest, Wanted = wanted, Guest = there,
            };

        if (!observed.Guests.TryGetValue(name, out Guest? there))
        {
            return Step(PlanAction.Create, "is not on the host");
        }

        IReadOnlyList<PropertyChange> changes = GuestDiff.Of(there, wanted, guest, spec.File);
        bool adopts = !ownership.Owns(there);
        if (adopts && !MayAdopt(there, changes))
        {
            string owner = !string.IsNullOrEmpty(there.Fleet) ? $"is of fleet '{there.Fleet}'"
                : spec.Adopt == AdoptPolicy.Never ? "is not of any fleet" : "is not of any fleet, nor as the spec says";
            return Step(PlanAction.Blocked, $"a guest of this name exists and {owner}", problem: new Problem
            {
                Code = ErrorCodes.GuestExists,
                Detail = $"Guest '{name}' exists on {observed.HostName} and {owner}, so fleet '{spec.Name}' does not touch it.",
                Target = name,
                Recommendation = $"Remove that guest (Remove-LightVM {name}), or give the one of the spec another name"
                    + (string.IsNullOrEmpty(there.Fleet) ? "; adopt: in the spec takes over guests of no fleet." : "."),
            });
        }

        if (adopts)
        {
            changes = [new PropertyChange { Path = PlannedStep.FleetPath, To = spec.Name, Effect = ChangeEffect.Live, Reason = "is adopted", Source = spec.SourceOf(guest.MarkOf("name")) }, .. changes];
        }

        if (changes.Count == 0)
        {
            return Step(PlanAction.NoChange, "", there: there);
        }

        if (there.State == GuestState.Saved)
        {
            return Step(PlanAction.Blocked, "is Saved: starting it would lose what was saved", changes, new Problem
            {
                Code = ErrorCodes.InvalidState,
                Detail = $"Guest '{name}' on {observed.HostName} is Saved; starting it anew would lose what was saved.",
                Target = name,
                Recommendation = "Restore it, or remove it so that it is made anew.",
            });
        }

        ChangeEffect effect = changes.Max(change => change.Effect);
        PlanAction action = effect switch
        {
            ChangeEffect.Replace => PlanAction.Replace,
            ChangeEffect.Restart => PlanAction.Restart,
            _ => PlanAction.Update,
        };
        string reason = changes.FirstOrDefault(change => change.Path == "state")?.Reason
            ?? $"{string.Join(", ", changes.Where(change => change.Effect == effect).Select(change => change.Path))} differs";
        return Step(action, reason, changes, there: there);
    }

    private bool MayAdopt(Guest there, IReadOnlyList<PropertyChange> changes) => string.IsNullOrEmpty(there.Fleet) && spec.Adopt switch
    {
        AdoptPolicy.Always => true,
        AdoptPolicy.IfIdentical => changes.Count == 0,
        _ => false,
    };

    /// <summary>A guest is not put on a network that has the name of one of the spec's and is not the fleet's, nor on one that cannot be made.</summary>
    private static PlannedStep BlockOn(Dictionary<string, PlannedStep> blocked, PlannedStep step)
    {
        if (blocked.Count == 0 || step.Step.Action is PlanAction.NoChange or PlanAction.Blocked
            || step.NetworksNeeded.FirstOrDefault(blocked.ContainsKey) is not { } name)
        {
            return step;
        }

        string why = blocked[name].Network is null ? "which cannot be made" : "which is not this fleet's";
        return step.Blocked($"needs network '{name}', {why}", blocked[name].Step.Problem);
    }

    private PlannedStep PlanPrune(Guest guest)
    {
        string? elsewhere = Departed ? null : places?.GetValueOrDefault(guest.Name)?.HostName;
        string why = Departed ? "the spec no longer names its host" : elsewhere is null ? "the spec no longer names it" : $"is placed on {elsewhere}";
        bool kept = options.NoPrune && elsewhere is null;
        if (!kept && elsewhere is null && guest.DeletionPolicy != DeletionPolicy.Delete)
        {
            return PlanRelease(guest, why);
        }

        return new PlannedStep(new PlanStep
        {
            Kind = ResourceKind.Guest,
            Name = guest.Name,
            HostName = observed.HostName,
            Action = kept ? PlanAction.NoChange : PlanAction.Delete,
            Reason = kept ? $"{why}; kept, as asked" : why,
        })
        {
            Guest = guest,
            MovesTo = elsewhere,
        };
    }

    private PlannedStep PlanRelease(Guest guest, string why)
    {
        string word = GuestDiff.Word(guest.DeletionPolicy);
        var changes = new List<PropertyChange> { new() { Path = PlannedStep.FleetPath, From = spec.Name, Effect = ChangeEffect.Live, Reason = $"its deletionPolicy is {word}" } };
        if (guest.DeletionPolicy == DeletionPolicy.Save && guest.State is GuestState.Running or GuestState.Starting)
        {
            changes.Add(new() { Path = "state", From = GuestDiff.Word(guest.State), To = GuestDiff.Word(GuestState.Saved), Effect = ChangeEffect.Live, Reason = $"its deletionPolicy is {word}" });
        }

        return new PlannedStep(new PlanStep
        {
            Kind = ResourceKind.Guest, Name = guest.Name, HostName = observed.HostName, Action = PlanAction.Update, Changes = changes,
            Reason = $"{why}; its deletionPolicy is {word}",
        })
        {
            Guest = guest,
        };
    }
}
