using System.Globalization;

namespace LightVM.Reconcile;

/// <summary>What is to be done with the host's shell pool. Pure.</summary>
internal static class PoolPlanner
{
    /// <summary>The flavours of the spec, then those that the fleet has there and the spec no longer names.</summary>
    public static IReadOnlyList<PlannedStep> Plan(FleetSpec spec, ObservedHost observed, ReconcileOptions options, bool departed)
    {
        var steps = new List<PlannedStep>();
        var named = new HashSet<(string, long, int, int)>();
        foreach (PoolSpec pool in departed ? [] : spec.Pool)
        {
            WantedImage image = WantedImage.Find(spec, observed, pool.Image)
                ?? throw new InvalidOperationException($"Image '{pool.Image}' was not checked before planning.");
            var wanted = new PoolFlavour
            {
                Image = pool.Image,
                Memory = pool.Memory ?? GuestShape.LeastMemory(image.MinimumMemory),
                VCpuCount = pool.VCpuCount,
                Devices = pool.Devices ?? (image.Network ? 1 : 0),
                Wanted = pool.Count,
                Fleet = spec.Name,
            };
            if (named.Add(KindOf(wanted)))
            {
                steps.Add(Plan(spec, pool, wanted, observed));
            }
        }

        steps.AddRange((observed.Pool ?? [])
            .Where(there => there.Fleet == spec.Name && !named.Contains(KindOf(there)))
            .OrderBy(there => NameOf(there), StringComparer.Ordinal)
            .Select(there => Prune(there, observed, options)));
        return steps;
    }

    public static PoolFlavourDefinition ToDefinition(PoolFlavour flavour, int count) => new()
    {
        Memory = flavour.Memory, VCpuCount = flavour.VCpuCount, Devices = flavour.Devices, Count = count, Fleet = flavour.Fleet,
    };

    private static (string Image, long Memory, int VCpuCount, int Devices) KindOf(PoolFlavour flavour) =>
        (flavour.Image, flavour.Memory, flavour.VCpuCount, flavour.Devices);

    /// <summary><c>hello-4MB</c>; what is not the usual is said too.</summary>
    private static string NameOf(PoolFlavour flavour) =>
        $"{flavour.Image}-{SpecSize.Format(flavour.Memory)}"
        + (flavour.VCpuCount == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"-{flavour.VCpuCount}cpus"))
        + (flavour.Devices == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"-{flavour.Devices}devices"));

    private static PlannedStep Plan(FleetSpec spec, PoolSpec pool, PoolFlavour wanted, ObservedHost observed)
    {
        PlannedStep Step(PlanAction action, string reason, IReadOnlyList<PropertyChange>? changes = null, Problem? problem = null) =>
            new(new PlanStep
            {
                Kind = ResourceKind.Pool, Name = NameOf(wanted), HostName = observed.HostName, Action = action, Reason = reason, Changes = changes ?? [],
                Problem = problem, Source = spec.SourceOf(pool.MarkOf("image")),
            })
            {
                Flavour = wanted,
            };

        if ((observed.Pool ?? []).FirstOrDefault(other => KindOf(other) == KindOf(wanted)) is not { } there)
        {
            return Step(PlanAction.Create, "is not in the host's pool");
        }

        if (there.Fleet != spec.Name)
        {
            string owner = string.IsNullOrEmpty(there.Fleet) ? "are not of any fleet" : $"are of fleet '{there.Fleet}'";
            return Step(PlanAction.Blocked, $"such shells are in the pool and {owner}", problem: new Problem
            {
                Code = ErrorCodes.InvalidState,
                Detail = $"Shells of image '{wanted.Image}' like these are in the pool of {observed.HostName} and {owner}, so fleet '{spec.Name}' does not touch them.",
                Target = NameOf(wanted),
                Recommendation = $"Take them out (Remove-LightVMPool {wanted.Image}), or leave them out of pool:; guests are made of them all the same.",
            });
        }

        return there.Wanted == wanted.Wanted
            ? Step(PlanAction.NoChange, "")
            : Step(PlanAction.Update, "count differs", [new PropertyChange
            {
                Path = "count",
                From = there.Wanted.ToString(CultureInfo.InvariantCulture),
                To = wanted.Wanted.ToString(CultureInfo.InvariantCulture),
                Effect = ChangeEffect.Live,
                Source = spec.SourceOf(pool.MarkOf("count")),
                Reason = "changed at once",
            }]);
    }

    private static PlannedStep Prune(PoolFlavour there, ObservedHost observed, ReconcileOptions options) => new(new PlanStep
    {
        Kind = ResourceKind.Pool,
        Name = NameOf(there),
        HostName = observed.HostName,
        Action = options.NoPrune ? PlanAction.NoChange : PlanAction.Delete,
        Reason = options.NoPrune ? "the spec no longer names it; kept, as asked" : "the spec no longer names it",
    })
    {
        Flavour = there,
    };
}
