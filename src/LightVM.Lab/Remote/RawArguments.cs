namespace LightVM.Lab.Remote;

/// <summary>This process's arguments as the bytes that they were given as; .NET decodes them as UTF-8 and loses what is not.</summary>
internal static class RawArguments
{
    /// <summary>The last arguments of this process.</summary>
    /// <param name="count">How many.</param>
    public static IReadOnlyList<byte[]> Last(int count) => Last(File.ReadAllBytes("/proc/self/cmdline"), count);

    internal static IReadOnlyList<byte[]> Last(ReadOnlySpan<byte> commandLine, int count)
    {
        var all = new List<byte[]>();
        while (commandLine.Length > 0)
        {
            var end = commandLine.IndexOf((byte)0);
            all.Add(commandLine[..end].ToArray());
            commandLine = commandLine[(end + 1)..];
        }

        return all[^count..];
    }
}
