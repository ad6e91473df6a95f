using System.Collections.Frozen;

namespace LightVM.Toolstack;

/// <summary>What this host's processors can do, as dom0's kernel sees it.</summary>
internal static class CpuFeatures
{
    private static readonly Lazy<FrozenSet<string>> Found = new(() => Parse(File.ReadLines("/proc/cpuinfo")));

    public static FrozenSet<string> OfThisHost => Found.Value;

    /// <summary>
    /// Words that Linux makes up itself, or that say what it does with a feature or how many processors there are (<c>ht</c>): no
    /// guest is run by them.
    /// </summary>
    private static bool IsOfLinux(string flag) => flag is "rep_good" or "nopl" or "cpuid" or "tsc_known_freq" or "constant_tsc" or "nonstop_tsc" or "hypervisor" or
        "up" or "extd_apicid" or "aperfmperf" or "tsc_reliable" or "xtopology" or "arch_perfmon" or "pebs" or "bts" or "amd_dcm" or "fxsr_opt" or
        "cmp_legacy" or "ht" or "extapic" || flag.StartsWith("vmm", StringComparison.Ordinal);

    public static FrozenSet<string> Parse(IEnumerable<string> lines) => lines
        .Where(line => line.StartsWith("flags", StringComparison.Ordinal))
        .Take(1)
        .SelectMany(line => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(flag => !IsOfLinux(flag))
        .ToFrozenSet(StringComparer.Ordinal);
}
