using System.Globalization;
using System.Text;

namespace LightVM.Reconcile;

/// <summary>Lists of physical CPUs: <c>0-1,3</c>.</summary>
public static class CpuList
{
    private const int MaxCpu = 4095;

    /// <summary>Brings a list into its one shortest form, so that <c>1,0,3</c> and <c>0-1,3</c> are the same.</summary>
    public static bool TryNormalize(string text, out string normalized)
    {
        ArgumentNullException.ThrowIfNull(text);
        normalized = "";
        var cpus = new SortedSet<int>();
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            string[] ends = part.Split('-');
            if (ends.Length > 2 || !TryCpu(ends[0], out int first) || !TryCpu(ends[^1], out int last) || last < first)
            {
                return false;
            }

            cpus.UnionWith(Enumerable.Range(first, last - first + 1));
        }

        normalized = Format(cpus);
        return true;
    }

    private static bool TryCpu(string text, out int cpu) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out cpu) && cpu <= MaxCpu;

    private static string Format(SortedSet<int> cpus)
    {
        var list = new StringBuilder();
        int first = -2;
        int last = -2;
        foreach (int cpu in cpus)
        {
            if (cpu == last + 1)
            {
                last = cpu;
                continue;
            }

            Append(list, first, last);
            first = last = cpu;
        }

        Append(list, first, last);
        return list.ToString();
    }

    private static void Append(StringBuilder list, int first, int last)
    {
        if (first < 0)
        {
            return;
        }

        list.Append(list.Length == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $"{first}");
        if (last > first)
        {
            list.Append(CultureInfo.InvariantCulture, $"-{last}");
        }
    }
}
