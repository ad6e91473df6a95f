using System.Text.Json.Nodes;
using LightVM.Client;

namespace LightVM.Reconcile.Dsc;

/// <summary>LightVM/Guest: one guest that is there and runs. What an instance does not name stays as it is.</summary>
internal sealed class GuestResource : DscResource
{
    /// <summary>Of fleets: what makes several guests of one entry, relates entries, chooses hosts, or counts where a spec no longer names them.</summary>
    private static readonly string[] OfFleets = ["replicas", "dependsOn", "placement", "deletionPolicy"];

    /// <summary>Others of the fleet are other instances'.</summary>
    private static readonly ReconcileOptions Options = new() { NoPrune = true };

    public override string Word => "guest";

    public override string Description => "A guest of a LightVM host: it is there, as its properties say, and runs. Properties that are not named stay as they are.";

    public override IReadOnlyList<string> Tables => ["Adapter", "Disk", "File", "Probes", "Probe", "Update", "Secret"];

    public override JsonObject Settings() => SpecTexts.Properties("Guest", SpecKeys.Guest.Where(key => !OfFleets.Contains(key.Name)));

    public override JsonObject Shown() => new()
    {
        ["state"] = SpecTexts.Text(), ["id"] = SpecTexts.Text(), ["address"] = SpecTexts.Text(), ["imageDigest"] = SpecTexts.Text(), ["fleet"] = SpecTexts.Text(),
    };

    public override async Task<JsonObject> GetAsync(DscInstance instance, LightVMClient client, CancellationToken cancellationToken)
    {
        IReadOnlyList<Image> images = await client.Images.ListAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            Guest guest = await client.Guests.GetAsync(instance.Name, cancellationToken).ConfigureAwait(false);
            return State(instance, guest, new ObservedHost(client.HostName, images, [guest], null, null));
        }
        catch (LightVMException e) when (e.Problem.Code == ErrorCodes.GuestNotFound)
        {
            return Absent(instance);
        }
    }

    public override async Task<DscChange> PlanAsync(DscInstance instance, LightVMClient client, CancellationToken cancellationToken)
    {
        var host = new ClientHost(client);
        ObservedHost observed = await host.ObserveAsync(Fleet, cancellationToken).ConfigureAwait(false);
        Guest? there = observed.Guests.GetValueOrDefault(instance.Name);
        JsonObject now = there is null ? Absent(instance) : State(instance, there, observed);
        if (there is not null && !string.IsNullOrEmpty(there.Fleet) && there.Fleet != Fleet)
        {
            throw new LightVMException(
                ErrorCodes.GuestExists, $"Guest '{there.Name}' on {client.HostName} is of fleet '{there.Fleet}'.", there.Name,
                "Change that fleet's spec, or give this guest another name.");
        }

        if (!instance.Exists)
        {
            return there is null
                ? DscChange.None(now)
                : DscChange.Removal(now, instance, $"Stop and remove guest {there.Name} on {client.HostName}", token => RemoveAsync(there, client, token));
        }

        JsonObject given = Given(instance);
        FleetSpec spec = await SpecTexts.ParseAsync("guests", Entry(there, observed, given), cancellationToken).ConfigureAwait(false);
        FleetPlan plan = Plan(spec, observed);
        PlanStep step = plan.Plan.Steps.First(step => step.Kind == ResourceKind.Guest && step.Name == instance.Name);
        string[] differing = step.Action == PlanAction.Create ? [DscInstance.ExistKey] : Properties(step, given);
        if (step.Action == PlanAction.Blocked)
        {
            // To look is no error: it differs, and only to change it is refused.
            return new DscChange(now, differing, [step.ToString()], now, _ => throw new LightVMException(step.Problem!));
        }

        if (differing.Length == 0)
        {
            return DscChange.None(now);
        }

        if (there is { Files.Count: > 0 } && !given.ContainsKey("files"))
        {
            throw new LightVMException(
                ErrorCodes.InvalidArgument, $"Guest '{there.Name}' on {client.HostName} has files, which its host does not show; a change would take them from it.",
                there.Name, "Name them: files is a property too.");
        }

        JsonObject then = Overlay((JsonObject)now.DeepClone(), given);
        then[DscInstance.ExistKey] = true;
        return new DscChange(now, differing, [step.ToString()], then, token => ApplyAsync(plan, step, host, token));
    }

    public override async Task<IReadOnlyList<JsonObject>> ExportAsync(LightVMClient client, CancellationToken cancellationToken)
    {
        IReadOnlyList<Image> images = await client.Images.ListAsync(cancellationToken).ConfigureAwait(false);
        IReadOnlyList<Guest> guests = await client.Guests.ListAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        var observed = new ObservedHost(client.HostName, images, guests, null, null);
        return [.. guests.Select(guest => Exported(guest.Name, Told(guest, observed)))];
    }

    private static FleetPlan Plan(FleetSpec spec, ObservedHost observed)
    {
        try
        {
            HostReferences.Check(spec, observed);
        }
        catch (LightVMException e) when (e.Findings.Count > 0)
        {
            throw SpecTexts.Translate(e, "guests[0].");
        }

        return Planner.Plan(spec, observed, Options);
    }

    /// <summary>The spec's entry: what is given, over what the guest is.</summary>
    private static JsonObject Entry(Guest? there, ObservedHost observed, JsonObject given)
    {
        JsonObject entry = there is null ? [] : SpecExporter.Describe(there, observed);
        if (given.ContainsKey("network"))
        {
            entry.Remove("adapters"); // the short form of the same
        }

        return Overlay(entry, given);
    }

    /// <summary>Names of properties that differ. That the guest would become the fleet's is none, and so is what was not asked for.</summary>
    private static string[] Properties(PlanStep step, JsonObject given) =>
    [
        .. step.Changes.Select(change => change.Path.Split('.', '[')[0])
            .Where(path => path != PlannedStep.FleetPath && (path != "files" || given.ContainsKey(path)))
            .Select(path => path == "adapters" && given.ContainsKey("network") ? "network" : path)
            .Distinct(StringComparer.Ordinal),
    ];

    private static async Task ApplyAsync(FleetPlan plan, PlanStep step, ClientHost host, CancellationToken cancellationToken)
    {
        IReadOnlyList<ReconcileResult> results =
            await new Reconciler(host, Options).ApplyAsync(plan, new HashSet<PlanStep> { step }, null, cancellationToken).ConfigureAwait(false);
        if (results.FirstOrDefault(result => result.Error is not null) is { } failed)
        {
            throw new LightVMException(failed.Error!);
        }
    }

    private static async Task RemoveAsync(Guest guest, LightVMClient client, CancellationToken cancellationToken)
    {
        var stop = new GuestActionRequest { Action = GuestAction.Stop, Ids = [guest.Id], TimeoutMs = (int)Options.StopTimeout.TotalMilliseconds, Force = true };
        await client.Guests.ActAsync(stop, cancellationToken).ConfigureAwait(false); // one that does not obey is removed all the same
        BatchResult removed = await client.Guests.ActAsync(new GuestActionRequest { Action = GuestAction.Remove, Ids = [guest.Id] }, cancellationToken).ConfigureAwait(false);
        if (removed.Results[0].Problem is { } problem && problem.Code != ErrorCodes.GuestNotFound)
        {
            throw new LightVMException(problem);
        }
    }

    /// <summary>What the instance names as a secret, it is shown as: engines log what they are told.</summary>
    private static JsonObject State(DscInstance instance, Guest guest, ObservedHost observed)
    {
        JsonObject state = Named(instance, Told(guest, observed));
        if (instance.Properties["environment"] is JsonObject given && state["environment"] is JsonObject shown)
        {
            foreach ((string variable, JsonNode? secret) in given)
            {
                if (secret is JsonObject && shown.ContainsKey(variable))
                {
                    shown[variable] = secret.DeepClone();
                }
            }
        }

        return state;
    }

    private static JsonObject Told(Guest guest, ObservedHost observed)
    {
        JsonObject state = SpecExporter.Describe(guest, observed);
        Array.ForEach(OfFleets, key => state.Remove(key));
        state[DscInstance.ExistKey] = true;
        state["state"] = GuestDiff.Word(guest.State);
        state["id"] = guest.Id.ToString();
        void Add(string key, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                state[key] = value;
            }
        }

        Add("address", guest.Address);
        Add("imageDigest", guest.ImageDigest);
        Add("fleet", guest.Fleet);
        return state;
    }
}
