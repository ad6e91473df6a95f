using System.Globalization;
using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>Physical CPUs as people write them (<c>0-1,3</c>) and as Xen takes them. Pure.</summary>
internal static class CpuSet
{
    public const int MaxCpus = GuestConfig.AffinityWords * 64;

    /// <summary>Null or empty: any CPU, which is all zero.</summary>
    /// <param name="cpuCount">How many the host has.</param>
    /// <exception cref="LightVMException">InvalidArgument.</exception>
    public static ulong[] Parse(string? text, int cpuCount, string? target)
    {
        var words = new ulong[GuestConfig.AffinityWords];
        if (string.IsNullOrEmpty(text))
        {
            return words;
        }

        foreach (string part in text.Split(','))
        {
            string[] ends = part.Trim().Split('-');
            if (ends.Length > 2 ||
                !int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out int first) ||
                !int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int last) ||
                first > last)
            {
                throw Problems.InvalidArgument(
                    $"The affinity '{text}' is not understood at '{part}'.", target, "Write CPUs as 0-1,3.");
            }

            if (last >= Math.Min(cpuCount, MaxCpus))
            {
                throw Problems.InvalidArgument(
                    $"The affinity '{text}' names CPU {last}, and the host has {cpuCount}: 0 to {cpuCount - 1}.",
                    target,
                    "Name CPUs that the host has.");
            }

            for (int cpu = first; cpu <= last; cpu++)
            {
                words[cpu / 64] |= 1UL << (cpu % 64);
            }
        }

        return words;
    }
}
