using System.Diagnostics;
using System.Text.Json;

namespace LightVM.Client;

/// <summary>How <see cref="SavedHosts"/> are kept: <c>{ "version": 1, "hosts": { "lab": "ssh://root@xen1" } }</c>, for the user alone.</summary>
internal static class SavedHostsFile
{
    private const int Version = 1;
    private const long MostBytes = 1 << 20;
    private const int NoSpace = 28; // ENOSPC

    // EAGAIN of Linux and of macOS, ERROR_SHARING_VIOLATION.
    private static readonly int[] HeldByAnother = [11, 35, 32];
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>By name; empty without a file.</summary>
    /// <exception cref="LightVMException">HostsFileInvalid, AccessDenied.</exception>
    public static Dictionary<string, HostEndpoint> Read(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            RequireOurs(path, file);
            using JsonDocument document = JsonDocument.Parse(file);
            return Parse(path, document.RootElement);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Empty();
        }
        catch (UnauthorizedAccessException e)
        {
            throw new LightVMException(ErrorCodes.AccessDenied, $"The saved hosts cannot be read: {e.Message}", path, $"See whose {path} is, and its rights: it should be this user's, 0600.", e);
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            throw Invalid(path, e.Message.Split('\n')[0].TrimEnd('.'), e);
        }
    }

    /// <summary>Reads, changes and replaces the file as one step: no other writer comes between, and a reader sees the old file or the new one.</summary>
    /// <param name="path">The file.</param>
    /// <param name="change">Returns whether there is something to write.</param>
    /// <returns>What change returned.</returns>
    /// <exception cref="LightVMException">HostsFileInvalid, AccessDenied, DiskFull.</exception>
    public static bool Change(string path, Func<Dictionary<string, HostEndpoint>, bool> change)
    {
        try
        {
            CreateDirectory(Path.GetDirectoryName(path)!);
            using FileStream turn = TakeTurn(path + ".lock");
            Dictionary<string, HostEndpoint> hosts = Read(path);
            if (!change(hosts))
            {
                return false;
            }

            // People keep such files elsewhere and link to them: the link stays.
            Write(new FileInfo(path).LinkTarget is null ? path : File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName, hosts);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string code = e is IOException && (e.HResult & 0xFFFF) == NoSpace ? ErrorCodes.DiskFull : ErrorCodes.AccessDenied;
            throw new LightVMException(code, $"The saved hosts cannot be written: {e.Message}", path, $"Have {Path.GetDirectoryName(path)} where this user may write, or set XDG_CONFIG_HOME.", e);
        }
    }

    private static Dictionary<string, HostEndpoint> Empty() => new(StringComparer.OrdinalIgnoreCase);

    private static void CreateDirectory(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory);
        }
        else
        {
            Directory.CreateDirectory(directory, Private | UnixFileMode.UserExecute);
        }
    }

    // As ssh has it for its own configuration: an endpoint can name a file of ssh's, and that programs to run.
    private static void RequireOurs(string path, FileStream file)
    {
        if (file.Length > MostBytes)
        {
            throw Invalid(path, $"it has {file.Length} bytes");
        }

        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file.SafeFileHandle) & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) != 0)
        {
            throw new LightVMException(ErrorCodes.HostsFileInvalid, $"Others than its owner may write the file of saved hosts {path}.", path, $"See what is in it, then: chmod 600 {path}");
        }
    }

    private static Dictionary<string, HostEndpoint> Parse(string path, JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("version", out JsonElement version) || !root.TryGetProperty("hosts", out JsonElement hosts))
        {
            throw Invalid(path, "it has no version and hosts");
        }

        if (version.ValueKind != JsonValueKind.Number || !version.TryGetInt32(out int number) || number != Version)
        {
            throw Invalid(path, $"its version is {version.GetRawText()}, and {Version} is known here");
        }

        if (hosts.ValueKind != JsonValueKind.Object || root.EnumerateObject().Count() != 2)
        {
            throw Invalid(path, "it has other things than a version and hosts");
        }

        Dictionary<string, HostEndpoint> found = Empty();
        foreach (JsonProperty host in hosts.EnumerateObject())
        {
            string? why = null;
            if (host.Value.ValueKind != JsonValueKind.String || !HostEndpoint.TryParse(host.Value.GetString(), out HostEndpoint? endpoint, out why))
            {
                throw Invalid(path, $"host '{host.Name}' has no endpoint{(why is null ? "" : ": " + why.TrimEnd('.'))}");
            }

            if (!SavedHosts.IsName(host.Name) || !found.TryAdd(host.Name, endpoint with { Name = host.Name }))
            {
                throw Invalid(path, $"'{host.Name}' is there twice, or cannot be the name of a host");
            }
        }

        return found;
    }

    private static void Write(string path, Dictionary<string, HostEndpoint> hosts)
    {
        string next = $"{path}.{Environment.ProcessId}.new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = Private;
        }

        try
        {
            using (var file = new FileStream(next, options))
            {
                using (var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
                {
                    json.WriteStartObject();
                    json.WriteNumber("version", Version);
                    json.WriteStartObject("hosts");
                    foreach ((string name, HostEndpoint endpoint) in hosts.OrderBy(host => host.Key, StringComparer.OrdinalIgnoreCase))
                    {
                        json.WriteString(name, endpoint.WithoutOwnName().ToString());
                    }

                    json.WriteEndObject();
                    json.WriteEndObject();
                }

                file.WriteByte((byte)'\n');
                file.Flush(flushToDisk: true);
            }

            File.Move(next, path, overwrite: true);
        }
        catch
        {
            File.Delete(next);
            throw;
        }
    }

    /// <summary>The lock, which ends with the stream, and with the process at the latest. Its file stays: another may be waiting for it.</summary>
    private static FileStream TakeTurn(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = Private;
        }

        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream(path, options);
            }
            catch (IOException e) when (HeldByAnother.Contains(e.HResult & 0xFFFF) && Stopwatch.GetElapsedTime(start) < Patience)
            {
                // Somebody else has it for the moment that a change takes.
                Thread.Sleep(20);
            }
        }
    }

    private static LightVMException Invalid(string path, string why, Exception? inner = null) => new(
        ErrorCodes.HostsFileInvalid, $"The file of saved hosts {path} is not one that LightVM has written: {why}.", path, $"Mend it, or move it away and save the hosts again: mv {path} {path}.old", inner);
}
