namespace LightVM.Lab.Host;

/// <summary>The end of a log, for error messages.</summary>
internal static class LogTail
{
    /// <summary>The last lines of a text, each indented.</summary>
    public static string Of(string text, int lines)
    {
        var all = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return string.Join('\n', all.TakeLast(lines).Select(line => "    " + line.TrimEnd('\r')));
    }

    /// <summary>The last lines of a file; a note if there is none or it is empty.</summary>
    public static string OfFile(string path, int lines)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            file.Seek(-Math.Min(file.Length, 64 << 10), SeekOrigin.End);
            using var reader = new StreamReader(file);
            var tail = Of(reader.ReadToEnd(), lines);
            return tail.Length > 0 ? tail : "    (empty)";
        }
        catch (IOException)
        {
            return "    (not written)";
        }
    }
}
