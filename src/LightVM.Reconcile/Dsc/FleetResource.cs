using System.Text.Json.Nodes;
using LightVM.Client;

namespace LightVM.Reconcile.Dsc;

/// <summary>LightVM/Fleet: all that a spec says, in one instance, so that a host works at many guests at once.</summary>
internal sealed class FleetResource : DscResource
{
    private const string SpecKey = "spec";
    private const string PathKey = "path";
    private const string NoPruneKey = "noPrune";

    public override string Word => "fleet";

    public override string Description => "A fleet of guests, with its images and networks, as a LightVM spec describes it. What the fleet owns and the spec no longer names is removed.";

    public override IReadOnlyList<string> Tables => [.. SpecSchema.Tables.Keys];

    public override JsonObject Settings() => new()
    {
        [DscInstance.NameKey] = Described(SpecSchema.ValueOf("Metadata", "name"), "The fleet's name, as its spec's metadata has it."),
        [SpecKey] = Described(new JsonObject { ["$ref"] = "#/$defs/Fleet" }, "The spec itself; paths in it are absolute."),
        [PathKey] = Described(SpecTexts.Text(), "Absolute path of the spec's file, in place of spec."),
        [NoPruneKey] = Described(new JsonObject { ["type"] = "boolean", ["default"] = false }, "Keeps what the spec no longer names."),
    };

    public override JsonObject Shown() => new()
    {
        ["revision"] = new JsonObject { ["type"] = "integer" },
        ["specDigest"] = SpecTexts.Text(),
        ["guests"] = Names(),
        ["networks"] = Names(),
    };

    public override async Task<JsonObject> GetAsync(DscInstance instance, LightVMClient client, CancellationToken cancellationToken) =>
        State(instance, await new ClientHost(client).ObserveAsync(instance.Name, cancellationToken).ConfigureAwait(false));

    public override async Task<DscChange> PlanAsync(DscInstance instance, LightVMClient client, CancellationToken cancellationToken)
    {
        (FleetSpec spec, string key) = await LoadAsync(instance, cancellationToken).ConfigureAwait(false);
        if (spec.Name != instance.Name)
        {
            throw DscInstance.Invalid($"The spec is of fleet '{spec.Name}', not of '{instance.Name}'.");
        }

        if (spec.Hosts.Count > 0)
        {
            throw DscInstance.Invalid($"The spec of fleet '{instance.Name}' has hosts:, and an instance is about one host; Invoke-LightVMReconcile or a reconcile job looks after fleets of many.");
        }

        var host = new ClientHost(client);
        var reconciler = new Reconciler(host, new ReconcileOptions { NoPrune = instance.Exists && instance.Flag(NoPruneKey, usual: false), AllowEmpty = !instance.Exists });
        FleetPlan plan = await PlanAsync(reconciler, spec, instance.Exists, cancellationToken).ConfigureAwait(false);
        JsonObject now = State(instance, plan.Observed.Hosts[0]);
        string[] lines = [.. plan.Plan.Steps.Where(step => step.Action != PlanAction.NoChange).Select(step => step.ToString())];
        if (lines.Length == 0 && (instance.Exists || !IsThere(now)))
        {
            return DscChange.None(now);
        }

        if (instance.Exists)
        {
            return new DscChange(now, [key], lines, Then(instance, spec, plan), token => ApplyAsync(reconciler, plan, token));
        }

        async Task RemoveAsync(CancellationToken token)
        {
            await ApplyAsync(reconciler, plan, token).ConfigureAwait(false);
            await host.ForgetAsync(instance.Name, token).ConfigureAwait(false);
        }

        return new DscChange(now, [DscInstance.ExistKey], [.. lines, $"Forget fleet {instance.Name} on {client.HostName}"], Absent(instance), RemoveAsync);
    }

    public override async Task<IReadOnlyList<JsonObject>> ExportAsync(LightVMClient client, CancellationToken cancellationToken)
    {
        var fleets = new List<JsonObject>();
        // That of single instances is no fleet of anybody's: they are exported as guests.
        foreach (LightVM.Fleet fleet in (await client.Fleets.ListAsync(cancellationToken).ConfigureAwait(false)).Where(fleet => fleet.Name != Fleet))
        {
            ObservedHost observed = await new ClientHost(client).ObserveAsync(fleet.Name, cancellationToken).ConfigureAwait(false);
            ExportedSpec exported = SpecExporter.Export(fleet.Name, observed, new HashSet<string>());
            JsonObject state = Told(fleet.Name, observed);
            state[SpecKey] = SpecExporter.ToJson(exported);
            fleets.Add(Exported(fleet.Name, state));
        }

        return fleets;
    }

    /// <summary>The instance's spec, and the property that it comes from; of one that is to go, a spec without guests.</summary>
    private static async Task<(FleetSpec Spec, string Key)> LoadAsync(DscInstance instance, CancellationToken cancellationToken)
    {
        if (!instance.Exists)
        {
            return (await SpecLoader.ParseAsync(JsonLine.Of(SpecTexts.Empty(instance.Name)), instance.Name, "/", cancellationToken).ConfigureAwait(false), DscInstance.ExistKey);
        }

        string? path = AbsolutePath(instance, PathKey);
        switch (instance.Properties[SpecKey], path)
        {
            case (JsonObject given, null):
                try
                {
                    return (await SpecLoader.ParseAsync(JsonLine.Of(given), SpecKey, "/", cancellationToken).ConfigureAwait(false), SpecKey);
                }
                catch (LightVMException e) when (e.Findings.Count > 0)
                {
                    throw SpecTexts.Translate(e, "");
                }

            case (null, not null):
                return (await SpecLoader.LoadAsync(path, cancellationToken: cancellationToken).ConfigureAwait(false), PathKey);
            case (null, null):
                throw DscInstance.Invalid($"Fleet '{instance.Name}' has neither '{SpecKey}' nor '{PathKey}'.");
            case (JsonObject, not null):
                throw DscInstance.Invalid($"Fleet '{instance.Name}' has both '{SpecKey}' and '{PathKey}'.");
            default:
                throw DscInstance.Invalid($"'{SpecKey}' is no object.");
        }
    }

    private static async Task<FleetPlan> PlanAsync(Reconciler reconciler, FleetSpec spec, bool exists, CancellationToken cancellationToken)
    {
        try
        {
            return await reconciler.PlanAsync(spec, cancellationToken).ConfigureAwait(false);
        }
        catch (LightVMException e) when (e.Findings.Count > 0 && exists && spec.File == SpecKey)
        {
            throw SpecTexts.Translate(e, "");
        }
    }

    private static async Task ApplyAsync(Reconciler reconciler, FleetPlan plan, CancellationToken cancellationToken)
    {
        IReadOnlyList<ReconcileResult> results = await reconciler.ApplyAsync(plan, cancellationToken: cancellationToken).ConfigureAwait(false);
        Problem[] problems = [.. results.Select(result => result.Error).OfType<Problem>()];
        if (problems.Length > 0)
        {
            throw new DscException(problems);
        }
    }

    private static JsonObject State(DscInstance instance, ObservedHost observed)
    {
        JsonObject state = Told(instance.Name, observed);
        return IsThere(state) ? Named(instance, state) : Absent(instance);
    }

    /// <summary>A fleet that nobody recorded and that has nothing is none.</summary>
    private static bool IsThere(JsonObject state) => state.ContainsKey("revision") || state["guests"] is JsonArray { Count: > 0 } || state["networks"] is JsonArray { Count: > 0 };

    private static JsonObject Told(string name, ObservedHost observed)
    {
        var ownership = new Ownership(name, observed.Record);
        var state = new JsonObject
        {
            [DscInstance.ExistKey] = true,
            ["guests"] = Sorted(observed.Guests.Values.Where(ownership.Owns).Select(guest => guest.Name)),
            ["networks"] = Sorted(observed.Networks.Values.Where(network => network.Fleet == name).Select(network => network.Name)),
        };
        if (observed.Record is { } record)
        {
            state["revision"] = record.Revision;
            state["specDigest"] = record.SpecDigest;
        }

        return state;
    }

    private static JsonObject Then(DscInstance instance, FleetSpec spec, FleetPlan plan)
    {
        IEnumerable<string> Left(ResourceKind kind) =>
            plan.Plan.Steps.Where(step => step.Kind == kind && step.Action != PlanAction.Delete && step.Problem is null).Select(step => step.Name);
        return Named(instance, new JsonObject { ["specDigest"] = spec.Digest, ["guests"] = Sorted(Left(ResourceKind.Guest)), ["networks"] = Sorted(Left(ResourceKind.Network)) });
    }

    private static JsonArray Sorted(IEnumerable<string> names) => new([.. names.Order(StringComparer.Ordinal).Select(name => (JsonNode?)JsonValue.Create(name))]);

    private static JsonObject Names() => new() { ["type"] = "array", ["items"] = SpecTexts.Text() };
}
