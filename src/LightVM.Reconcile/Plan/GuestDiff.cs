using System.Globalization;

namespace LightVM.Reconcile;

/// <summary>The differences between what is there and what is wanted, each with what it costs.</summary>
internal static class GuestDiff
{
    public static IReadOnlyList<PropertyChange> Of(Guest guest, GuestShape wanted, GuestSpec spec, string file)
    {
        GuestShape now = GuestShape.Of(guest);
        var changes = new List<PropertyChange>();

        void Add(string path, string? from, string? to, ChangeEffect effect, string? reason = null, string? key = null)
        {
            if (from != to)
            {
                key ??= path;
                changes.Add(new PropertyChange
                {
                    Path = path, From = from, To = to, Effect = effect, Source = $"{file}:{spec.MarkOf(key).Line}",
                    Reason = reason ?? (spec.Marks.ContainsKey(key) ? Cost(effect) : "the default; the spec does not name it"),
                });
            }
        }

        AddState(guest.State, Add);
        if (now.Image != wanted.Image)
        {
            Add("image", now.Image, wanted.Image, ChangeEffect.Replace);
        }
        else if (now.ImageDigest is not null && wanted.ImageDigest is not null)
        {
            Add("image.digest", Short(now.ImageDigest), Short(wanted.ImageDigest), ChangeEffect.Replace, $"image '{wanted.Image}' has changed", "image");
        }

        Add("memory", SpecSize.Format(now.Memory), SpecSize.Format(wanted.Memory), ChangeEffect.Restart);
        Add("vcpus", Text(now.VCpus), Text(wanted.VCpus), ChangeEffect.Restart);
        Add("restartPolicy", Word(now.RestartPolicy), Word(wanted.RestartPolicy), ChangeEffect.Live);
        Add("onCrash", Word(now.OnCrash), Word(wanted.OnCrash), ChangeEffect.Live);
        Add("deletionPolicy", Word(now.DeletionPolicy), Word(wanted.DeletionPolicy), ChangeEffect.Live);
        foreach (string key in now.Labels.Keys.Union(wanted.Labels.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            string source = spec.Marks.ContainsKey($"labels.{key}") ? $"labels.{key}" : "labels";
            Add($"labels.{key}", now.Labels.GetValueOrDefault(key), wanted.Labels.GetValueOrDefault(key), ChangeEffect.Live,
                wanted.Labels.ContainsKey(key) ? null : "the spec does not name it", source);
        }

        Add("affinity", now.Affinity, wanted.Affinity, ChangeEffect.Live);
        Add("cpuPool", Text(now.CpuPool), Text(wanted.CpuPool), ChangeEffect.Restart);
        Add("commandLine", now.CommandLine, wanted.CommandLine, ChangeEffect.Restart);
        Add("type", Word(now.Type ?? default), Word(wanted.Type ?? now.Type ?? default), ChangeEffect.Restart);
        Add("arguments", Quoted(now.Arguments), Quoted(wanted.Arguments), ChangeEffect.Restart);
        foreach (string key in now.Environment.Keys.Union(wanted.Environment.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            string source = spec.Marks.ContainsKey($"environment.{key}") ? $"environment.{key}" : "environment";
            if (spec.Secrets.TryGetValue(key, out string? secret))
            {
                if (now.Environment.GetValueOrDefault(key) is var value && value != wanted.Environment.GetValueOrDefault(key))
                {
                    Add($"environment.{key}", value is null ? null : "(another value)", SecretReferences.Mask(secret), ChangeEffect.Restart, null, source);
                }

                continue;
            }

            Add($"environment.{key}", now.Environment.GetValueOrDefault(key), wanted.Environment.GetValueOrDefault(key), ChangeEffect.Restart,
                wanted.Environment.ContainsKey(key) ? null : "the spec does not name it", source);
        }

        if (!wanted.HasFilesOf(now))
        {
            // Files of which one is a secret are not told apart by a digest: it could be guessed from that.
            bool secret = spec.Files.Any(file => file.Secret is not null);
            Add("files", secret ? Names(now, "as they are") : Describe(now), secret ? Names(wanted, "with secrets") : Describe(wanted), ChangeEffect.Restart);
        }

        Add("publish", List(now.Publish), List(wanted.Publish), ChangeEffect.Live);
        AddProbes(now.Probes, wanted.Probes, Add);
        Add("update.drainSeconds", Text(now.DrainSeconds), Text(wanted.DrainSeconds), ChangeEffect.Live, key: spec.Update is null ? "publish" : "update");
        IReadOnlyList<DeviceStep> devices = DeviceDiff.Of(guest, wanted);
        bool fits = DeviceDiff.HasRoom(guest, devices);
        foreach (DeviceStep device in devices)
        {
            string key = device.IsDisk ? "disks" : spec.Marks.ContainsKey("network") ? "network" : "adapters";
            bool isNew = device.AddAdapter is not null || device.AddDisk is not null;
            Add(
                device.Path, device.From, device.To, fits || !isNew ? ChangeEffect.Live : ChangeEffect.Restart,
                fits || !isNew ? device.Reason : $"taken at the guest's start: while it runs it has room for {Text(guest.FreeDeviceSlots!.Value)} more", key);
        }

        return changes;
    }

    public static bool SameLabels(IReadOnlyDictionary<string, string> a, IReadOnlyDictionary<string, string> b) =>
        a.Count == b.Count && a.All(label => b.TryGetValue(label.Key, out string? value) && value == label.Value);

    private static void AddProbes(GuestProbes? now, GuestProbes? wanted, Action<string, string?, string?, ChangeEffect, string?, string?> add)
    {
        add("probes.start", now?.Start?.ToString(), wanted?.Start?.ToString(), ChangeEffect.Live, null, "probes");
        add("probes.ready", now?.Ready?.ToString(), wanted?.Ready?.ToString(), ChangeEffect.Live, null, "probes");
        add("probes.live", now?.Live?.ToString(), wanted?.Live?.ToString(), ChangeEffect.Live, null, "probes");
    }

    private static void AddState(GuestState state, Action<string, string?, string?, ChangeEffect, string?, string?> add)
    {
        switch (state)
        {
            case GuestState.Stopped or GuestState.Crashed:
                add("state", Word(state), "running", ChangeEffect.Restart, $"is {state}", "name");
                break;
            case GuestState.Paused:
                add("state", "paused", "running", ChangeEffect.Live, "is Paused", "name");
                break;
            case GuestState.Saved:
                add("state", "saved", "running", ChangeEffect.Restart, "is Saved", "name");
                break;
        }
    }

    private static string Cost(ChangeEffect effect) => effect switch
    {
        ChangeEffect.Live => "changed while it runs",
        ChangeEffect.Restart => "taken at the guest's start",
        _ => "another image",
    };

    /// <summary>As specs spell it.</summary>
    public static string Word<TEnum>(TEnum value)
        where TEnum : struct, Enum
    {
        string name = value.ToString();
        return char.ToLowerInvariant(name[0]) + name[1..];
    }

    private static string? List(IReadOnlyList<string> texts) => texts.Count == 0 ? null : string.Join(", ", texts);

    private static string? Quoted(IReadOnlyList<string> arguments) =>
        arguments.Count == 0 ? null : string.Join(' ', arguments.Select(text => text.Length == 0 || text.Any(char.IsWhiteSpace) ? $"\"{text}\"" : text));

    /// <summary>Names them, and as much of the digest as sets two of the same names apart.</summary>
    private static string? Describe(GuestShape shape) =>
        shape.FilePaths.Count == 0 ? null : string.Join(", ", shape.FilePaths) + (shape.FilesDigest is { } digest ? $" ({Short(digest)})" : "");

    private static string? Names(GuestShape shape, string how) => shape.FilePaths.Count == 0 ? null : $"{string.Join(", ", shape.FilePaths)} ({how})";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Enough of a digest for people.</summary>
    private static string Short(string digest) => digest.Length > 19 ? digest[..19] : digest;
}
