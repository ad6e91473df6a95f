using LightVM.Reconcile.Yaml;

namespace LightVM.Reconcile;

/// <summary>The schema of an entry of <c>pool:</c>.</summary>
internal static class PoolBinder
{
    private const int MaxDevices = 15;
    private const long Page = 4096;

    /// <summary>Null where the entry has no image or no count; then there is a finding.</summary>
    public static PoolSpec? Bind(YamlNode node, string path, FindingList findings)
    {
        if (ObjectReader.Open(node, "a flavour of the pool", path, SpecKeys.Pool, findings) is not { } reader)
        {
            return null;
        }

        string? image = reader.Name("image");
        long? memory = reader.Size("memory");
        if (memory is { } bytes && (bytes <= 0 || bytes % Page != 0))
        {
            reader.Bad("memory", $"'memory' is {bytes} bytes, which is not a multiple of 4KB", "a size such as 4MB");
        }

        int vcpus = reader.Integer("vcpus", 1, SpecKeys.MaxVCpus) ?? 1;
        int? devices = reader.Integer("devices", 0, MaxDevices);
        int? count = reader.Integer("count", 1, SpecKeys.MaxShells);
        return image is null || count is null
            ? null
            : new PoolSpec
            {
                Image = image, Memory = memory, VCpuCount = vcpus, Devices = devices, Count = count.Value, Mark = reader.Mark, Marks = reader.Marks, Path = path,
            };
    }

    /// <summary>Two entries that mean the same shells, as far as the file alone shows it.</summary>
    public static void CheckTwice(IReadOnlyList<PoolSpec> pool, FindingList findings)
    {
        var seen = new Dictionary<(string, long?, int, int?), PoolSpec>();
        foreach (PoolSpec flavour in pool)
        {
            if (!seen.TryAdd((flavour.Image, flavour.Memory, flavour.VCpuCount, flavour.Devices), flavour))
            {
                findings.Add(flavour.MarkOf("image"), $"{flavour.Path}.image", $"shells of image '{flavour.Image}' like these are in the pool twice", "one entry with the sum of both counts");
            }
        }
    }
}
