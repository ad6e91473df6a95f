using System.Globalization;
using System.Text;
using LightVM.Reconcile.Yaml;

namespace LightVM.Reconcile;

/// <summary>The schema of an entry of <c>guests:</c>.</summary>
internal static class GuestBinder
{
    private const int PageSize = GuestShape.PageSize;
    private const int MaxCpuPool = 1023;

    /// <summary>Null where the entry has no name or image; then there is a finding. Other findings leave the default in the property.</summary>
    public static GuestSpec? Bind(YamlNode node, string path, string specDirectory, FindingList findings)
    {
        if (ObjectReader.Open(node, "a guest", path, SpecKeys.Guest, findings) is not { } reader)
        {
            return null;
        }

        string? name = reader.Name("name");
        int? replicas = reader.Integer("replicas", 0, SpecKeys.MaxReplicas);
        string? image = reader.Name("image");
        long? memory = BindMemory(reader);
        int vcpus = reader.Integer("vcpus", 1, SpecKeys.MaxVCpus) ?? 1;
        RestartPolicy restartPolicy = reader.Enum<RestartPolicy>("restartPolicy") ?? RestartPolicy.Never;
        CrashAction onCrash = reader.Enum<CrashAction>("onCrash") ?? CrashAction.Destroy;
        DeletionPolicy deletionPolicy = reader.Enum<DeletionPolicy>("deletionPolicy") ?? DeletionPolicy.Delete;
        Dictionary<string, string> labels = LabelBinder.Bind(reader, "labels", "a guest", findings);
        string? affinity = BindAffinity(reader);
        int cpuPool = reader.Integer("cpuPool", 0, MaxCpuPool) ?? 0;
        string? commandLine = BindCommandLine(reader);
        GuestType? type = reader.Enum<GuestType>("type");
        IReadOnlyList<AdapterSpec>? adapters = DeviceBinder.BindAdapters(reader, findings);
        IReadOnlyList<DiskSpec> disks = DeviceBinder.BindDisks(reader, adapters, findings);
        IReadOnlyList<PublishSpec> publish = DeviceBinder.BindPublish(reader, findings);
        IReadOnlyList<string> arguments = ApplicationBinder.BindArguments(reader, findings);
        (IReadOnlyDictionary<string, string> environment, IReadOnlyDictionary<string, string> secrets) = ApplicationBinder.BindEnvironment(reader, findings);
        IReadOnlyList<FileSpec> files = ApplicationBinder.BindFiles(reader, specDirectory, findings);
        GuestProbes? probes = ProbeBinder.BindProbes(reader, adapters, findings);
        UpdateSpec? update = ProbeBinder.BindUpdate(reader, findings);
        PlacementSpec? placement = HostBinder.BindPlacement(reader, findings);
        IReadOnlyList<DependencySpec> dependsOn = ProbeBinder.BindDependsOn(reader, findings);
        if (name is null || image is null)
        {
            return null;
        }

        string longest = string.Create(CultureInfo.InvariantCulture, $"{name}-{replicas}");
        if (replicas > 0 && longest.Length > SpecName.MaxLength)
        {
            reader.Bad(
                "name", $"'{name}' with its number ('{longest}') has {longest.Length} characters",
                $"a name of at most {SpecName.MaxLength - (longest.Length - name.Length)} characters for a guest with {replicas} replicas");
        }

        return new GuestSpec
        {
            Name = name, Replicas = replicas, Image = image, Memory = memory, VCpus = vcpus, RestartPolicy = restartPolicy, OnCrash = onCrash, DeletionPolicy = deletionPolicy,
            Labels = labels, Affinity = affinity, CpuPool = cpuPool, CommandLine = commandLine, Type = type,
            Adapters = adapters, Disks = disks, Publish = publish, Arguments = arguments, Environment = environment, Secrets = secrets, Files = files,
            Probes = probes, Update = update, Placement = placement, DependsOn = dependsOn, Mark = reader.Mark, Marks = reader.Marks, Path = path,
        };
    }

    private static long? BindMemory(ObjectReader reader)
    {
        if (reader.Size("memory") is not { } memory)
        {
            return null;
        }

        if (memory > 0 && memory % PageSize == 0)
        {
            return memory;
        }

        reader.Bad("memory", string.Create(CultureInfo.InvariantCulture, $"'memory' is {memory:N0} bytes"), "a multiple of 4KB, and more than 0");
        return null;
    }

    private static string? BindAffinity(ObjectReader reader)
    {
        const string expected = "CPUs such as 0-1,3";

        // affinity: 2 is a number to YAML and a list of one CPU to people.
        string? text = reader.Value("affinity") is YamlScalar { Type: ScalarType.Integer } number ? number.Text : reader.String("affinity", expected);
        if (text is null)
        {
            return null;
        }

        if (CpuList.TryNormalize(text, out string normalized))
        {
            return normalized;
        }

        reader.Bad("affinity", $"'affinity' is '{YamlScalar.Show(text)}'", expected);
        return null;
    }

    private static string? BindCommandLine(ObjectReader reader)
    {
        string? text = reader.String("commandLine", "a string");
        if (text is null || (Encoding.UTF8.GetByteCount(text) <= SpecKeys.MaxCommandLine && !text.Any(char.IsControl)))
        {
            return text;
        }

        bool tooLong = !text.Any(char.IsControl);
        reader.Bad(
            "commandLine", tooLong ? "'commandLine' is too long" : "'commandLine' has control characters or several lines",
            $"at most {SpecKeys.MaxCommandLine:N0} bytes in one line");
        return null;
    }
}
