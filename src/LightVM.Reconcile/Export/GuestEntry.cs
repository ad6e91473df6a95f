namespace LightVM.Reconcile;

/// <summary>What an exported spec says of a guest, but for its name: keys and values in the order of docs/spec.md.</summary>
internal static class GuestEntry
{
    /// <param name="guest">The guest.</param>
    /// <param name="observed">Its host.</param>
    /// <param name="defaults">Whether what is as it is by default is said too, as far as a spec can say it.</param>
    public static IReadOnlyList<string> Of(Guest guest, ObservedHost observed, bool defaults = false)
    {
        var keys = new List<string> { $"image: {guest.Image}", $"memory: {SpecSize.Format(guest.Memory)}" };
        void Add(bool differs, string key, string value)
        {
            if (differs)
            {
                keys.Add($"{key}: {value}");
            }
        }

        GuestShape shape = GuestShape.Of(guest);
        Add(defaults || shape.VCpus != 1, "vcpus", $"{shape.VCpus}");
        Add(defaults || shape.RestartPolicy != RestartPolicy.Never, "restartPolicy", GuestDiff.Word(shape.RestartPolicy));
        Add(defaults || shape.OnCrash != CrashAction.Destroy, "onCrash", GuestDiff.Word(shape.OnCrash));
        Add(defaults || shape.DeletionPolicy != DeletionPolicy.Delete, "deletionPolicy", GuestDiff.Word(shape.DeletionPolicy));
        Add(defaults || shape.Labels.Count > 0, "labels", YamlText.Mapping(Escaped(shape.Labels)));
        Add(shape.Affinity is not null, "affinity", YamlText.Quote(shape.Affinity ?? ""));
        Add(defaults || shape.CpuPool != 0, "cpuPool", $"{shape.CpuPool}");
        Add(
            defaults || !observed.Images.TryGetValue(guest.Image, out Image? image) || image.CommandLine != shape.CommandLine,
            "commandLine", YamlText.Quote(ReplicaName.Escape(shape.CommandLine)));
        Add(defaults || guest.Type != GuestType.Pv, "type", GuestDiff.Word(guest.Type));
        keys.Add($"adapters: [{string.Join(", ", guest.Adapters.Select(Adapter))}]");
        Add(defaults || guest.Disks.Count > 0, "disks", $"[{string.Join(", ", guest.Disks.Select(Disk))}]");
        Add(defaults || shape.Publish.Count > 0, "publish", YamlText.List(shape.Publish));
        Add(shape.Probes is not null, "probes", shape.Probes is { } probes ? Probes(probes) : "");
        Add(shape.DrainSeconds != (guest.Publish.Any(port => port.Group is not null) ? UpdateSpec.DefaultDrain : 0), "update", $"{{ drainSeconds: {shape.DrainSeconds} }}");
        Add(defaults || shape.Arguments.Count > 0, "arguments", YamlText.List(shape.Arguments.Select(ReplicaName.Escape)));
        Add(defaults || shape.Environment.Count > 0, "environment", YamlText.Mapping(Escaped(shape.Environment)));
        return keys;
    }

    /// <summary>What a plan would change of it, whatever the spec says.</summary>
    public static IEnumerable<string> Warnings(Guest guest, ObservedHost observed)
    {
        if (guest.State is not (GuestState.Running or GuestState.Starting))
        {
            yield return $"Guest '{guest.Name}' is {guest.State}; a spec's guests run.";
        }

        if (guest.Files.Count > 0)
        {
            yield return $"Guest '{guest.Name}' has files ({string.Join(", ", guest.Files)}), which its host does not show: add them under files:.";
        }

        if (observed.Images.TryGetValue(guest.Image, out Image? image) && guest.ImageDigest is { } digest && image.Digest != digest)
        {
            yield return $"Guest '{guest.Name}' runs an earlier image '{guest.Image}' than its host has now.";
        }
    }

    private static string Probes(GuestProbes probes) => $"{{ {string.Join(", ", probes.All().Select(pair => $"{pair.Name}: {Probe(pair.Probe)}"))} }}";

    private static string Probe(Probe probe)
    {
        string asked = probe.Tcp is { } tcp ? $"tcp: {tcp}" : probe.Http is { } http ? $"http: {http}, path: {YamlText.Quote(probe.Path)}" : $"console: {YamlText.Quote(probe.Console ?? "")}";
        return $"{{ {asked}, delaySeconds: {probe.DelaySeconds}, periodSeconds: {probe.PeriodSeconds}, timeoutSeconds: {probe.TimeoutSeconds}, "
            + $"failureThreshold: {probe.FailureThreshold}, successThreshold: {probe.SuccessThreshold} }}";
    }

    private static string Adapter(Adapter adapter) =>
        adapter.RateLimit == 0 ? $"{{ network: {adapter.Network} }}" : $"{{ network: {adapter.Network}, rateLimit: {SpecSize.Format(adapter.RateLimit)} }}";

    private static string Disk(Disk disk) =>
        $"{{ path: {YamlText.Quote(ReplicaName.Escape(disk.Path))}{(disk.ReadOnly ? ", readOnly: true" : "")} }}";

    private static IEnumerable<KeyValuePair<string, string>> Escaped(IEnumerable<KeyValuePair<string, string>> texts) =>
        texts.Select(pair => KeyValuePair.Create(pair.Key, ReplicaName.Escape(pair.Value)));
}
