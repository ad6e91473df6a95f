using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>What a guest's definition must be. Pure.</summary>
internal static class GuestRules
{
    public const int MaxName = 63;
    public const long Page = 4096;

    /// <summary>Bytes; libxenguest's initial mapping of a PV guest.</summary>
    public const long LeastMemory = 4L << 20;

    public const int MaxVCpus = 128;
    private const int MaxLabels = 64;
    private const int MaxLabelText = 253;

    /// <summary>Whether a name is an RFC 1123 label in lower case.</summary>
    public static bool IsName(string? name)
    {
        if (string.IsNullOrEmpty(name) || name.Length > MaxName || name[0] == '-' || name[^1] == '-')
        {
            return false;
        }

        foreach (char c in name)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-')
            {
                return false;
            }
        }

        return true;
    }

    public static void CheckName(string? name, string what = "A guest's name")
    {
        if (!IsName(name))
        {
            throw Problems.InvalidArgument(
                $"{what} '{name}' is not valid: 1 to 63 of a-z, 0-9 and '-', with no '-' at either end.",
                name,
                "Choose a name as host names have (an RFC 1123 label in lower case).");
        }
    }

    /// <summary>Null and empty are no fleet.</summary>
    public static void CheckFleet(string? fleet)
    {
        if (!string.IsNullOrEmpty(fleet))
        {
            CheckName(fleet, "A fleet's name");
        }
    }

    public static void CheckMemory(string name, long memory, Image image)
    {
        if (memory % Page != 0 || memory < 0)
        {
            throw Problems.InvalidArgument(
                $"Guest '{name}': memory of {memory} bytes is not a multiple of 4,096.", name, "Give it as 4MB, 64MB and so on.");
        }

        long least = Math.Max(image.MinimumMemory, LeastMemory);
        if (memory < least)
        {
            throw Problems.InvalidArgument(
                $"Guest '{name}': image '{image.Name}' needs at least {Size(least)}, and {Size(memory)} were asked for.",
                name,
                $"Give it {Size(least)} or more.");
        }
    }

    public static void CheckVCpus(string name, int count)
    {
        if (count is < 1 or > MaxVCpus)
        {
            throw Problems.InvalidArgument(
                $"Guest '{name}': {count} vCPUs are not possible.", name, $"Give it from 1 to {MaxVCpus}.");
        }
    }

    public static void CheckType(string name, GuestType type, LoadedImage image)
    {
        if (type == GuestType.Pvh && !image.IsLinux)
        {
            throw Problems.InvalidArgument(
                $"Guest '{name}': image '{image.Public.Name}' is a unikernel, which runs as pv.", name, "Leave the type out.");
        }
    }

    public static void CheckCpuPool(string name, int pool)
    {
        if (pool < 0)
        {
            throw Problems.InvalidArgument($"Guest '{name}': there is no cpupool {pool}.", name, "Use 0, the default pool.");
        }
    }

    public static void CheckLabels(string name, Dictionary<string, string>? labels)
    {
        if (labels is null)
        {
            return;
        }

        if (labels.Count > MaxLabels)
        {
            throw Problems.InvalidArgument($"Guest '{name}': {labels.Count} labels are more than {MaxLabels}.", name, "Use fewer.");
        }

        foreach ((string key, string value) in labels)
        {
            // As specs have it: what New-LightVM makes must be describable there.
            if (key.Length is 0 or > MaxLabelText || key.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c == '=') ||
                value is null || value.Length > MaxLabelText || value.Any(char.IsControl))
            {
                throw Problems.InvalidArgument(
                    $"Guest '{name}': label '{key}' is not valid: a key has 1 to {MaxLabelText} characters without blanks and '=', a value at most {MaxLabelText} in one line.",
                    name,
                    "Correct that label.");
            }
        }
    }

    /// <summary>Bytes for people.</summary>
    public static string Size(long bytes) =>
        bytes % (1L << 20) == 0 ? $"{bytes >> 20} MB" : bytes % 1024 == 0 ? $"{bytes >> 10} KB" : $"{bytes} bytes";
}
