using System.Text.RegularExpressions;

namespace LightVM.Lab.Boot;

/// <summary>Follows what Xen and dom0 write to the serial port while they boot.</summary>
internal sealed partial class SerialLog
{
    private readonly string _path;
    private int _seen;

    public SerialLog(string path) => _path = path;

    /// <summary>Whether anything has been written at all.</summary>
    public bool HasOutput { get; private set; }

    /// <summary>Whether dom0 has started sshd.</summary>
    public bool SshStarted { get; private set; }

    /// <summary>What the initramfs or Xen gave up on; null if nothing.</summary>
    public string? Failure { get; private set; }

    /// <summary>Reads on. The marks of dom0's own boot steps that are new.</summary>
    public IReadOnlyList<string> Read()
    {
        string text;
        try
        {
            using var file = new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            text = new StreamReader(file).ReadToEnd();
        }
        catch (FileNotFoundException)
        {
            return [];
        }

        HasOutput |= text.Length > 0;
        var marks = Mark().Matches(text).Select(m => m.Groups[1].Value.Trim()).ToArray();
        SshStarted |= marks.Any(m => m.StartsWith("sshd", StringComparison.Ordinal));
        Failure ??= marks.FirstOrDefault(m => m.StartsWith("FAILED", StringComparison.Ordinal))
            ?? (Panic().Match(text) is { Success: true } panic ? panic.Value.Trim() : null);
        var news = marks[Math.Min(_seen, marks.Length)..];
        _seen = marks.Length;
        return news;
    }

    // A line counts once it is complete.
    [GeneratedRegex(@"lightvm-lab: ([^\r\n]+)[\r\n]")]
    private static partial Regex Mark();

    [GeneratedRegex(@"(Kernel panic[^\r\n]*|Panic on CPU[^\r\n]*|\(XEN\) \*+[\r\n]+\(XEN\) [^\r\n]*)")]
    private static partial Regex Panic();
}
