namespace LightVM.PesterRunner;

/// <summary>What the labs of the checkout around a test file printed last: a hang is often theirs.</summary>
internal static class SerialLogs
{
    private const int Lines = 30;

    public static IEnumerable<(string Path, string Tail)> Tails(string testFile)
    {
        for (var at = Directory.GetParent(testFile); at is not null; at = at.Parent)
        {
            var labs = Path.Combine(at.FullName, "out", "lab");
            if (Directory.Exists(labs))
            {
                return Directory.EnumerateFiles(labs, "*serial*", SearchOption.AllDirectories)
                    .Where(file => new FileInfo(file).Length > 0)
                    .Select(file => (file, Tail(file)))
                    .ToArray();
            }
        }

        return [];
    }

    private static string Tail(string path)
    {
        // QEMU holds the file open and writes to it.
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        var tail = new Queue<string>();
        while (reader.ReadLine() is { } line)
        {
            tail.Enqueue(line);
            if (tail.Count > Lines)
            {
                tail.Dequeue();
            }
        }

        return string.Join('\n', tail);
    }
}
