using System.Text.RegularExpressions;

namespace LightVM.Client;

/// <summary>
/// The hosts that a user has saved by a name: a file of names and endpoints, without secrets. It is read anew each time, so that all
/// sessions see what one saves; writers take turns by a lock beside it. All members are thread-safe.
/// </summary>
/// <param name="path">The file; it need not be there.</param>
public sealed partial class SavedHosts(string path)
{
    private const string Names = "letters, digits, '-', '_' and '.', the first a letter or digit, at most 63; not localhost";

    /// <summary>This user's: <c>lightvm/hosts.json</c> in the configuration directory (XDG_CONFIG_HOME, else ~/.config); null: the account has none.</summary>
    public static SavedHosts? OfUser =>
        Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify) is { Length: > 0 } directory
            ? new(System.IO.Path.Combine(directory, "lightvm", "hosts.json"))
            : null;

    public string Path => path;

    /// <summary>Whether a host can be saved by it; names are the same in either case of letters.</summary>
    public static bool IsName(string text) => NamePattern().IsMatch(text) && !text.Equals(HostEndpoint.LocalName, StringComparison.OrdinalIgnoreCase);

    /// <exception cref="LightVMException">InvalidArgument: no host can have this name.</exception>
    public static void RequireName(string text)
    {
        if (!IsName(text))
        {
            throw new LightVMException(ErrorCodes.InvalidArgument, $"'{text}' cannot be the alias of a host.", text, $"Give -Alias of {Names}.");
        }
    }

    /// <summary>What a host is called by a user of this machine: a name that is saved, or as <see cref="HostEndpoint.Parse"/> has it.</summary>
    /// <exception cref="LightVMException">InvalidArgument, HostsFileInvalid, AccessDenied.</exception>
    public static HostEndpoint Resolve(string text) => OfUser?.Find(text) ?? HostEndpoint.Parse(text);

    /// <summary>All of them, each called by its name; empty without a file.</summary>
    /// <exception cref="LightVMException">HostsFileInvalid, AccessDenied.</exception>
    public IReadOnlyList<HostEndpoint> Read() => [.. SavedHostsFile.Read(path).Values];

    /// <summary>The one of this name, or null. What no host can be saved by (a full spelling) is answered without the file.</summary>
    /// <exception cref="LightVMException">HostsFileInvalid, AccessDenied.</exception>
    public HostEndpoint? Find(string name) => IsName(name) ? SavedHostsFile.Read(path).GetValueOrDefault(name) : null;

    /// <summary>Saves a host by the name that it has; one that is there already stays.</summary>
    /// <exception cref="LightVMException">InvalidArgument, HostExists, HostsFileInvalid, AccessDenied, DiskFull.</exception>
    public void Save(HostEndpoint endpoint)
    {
        RequireName(endpoint.Name);
        if (endpoint.SshConfigFile is { } file && !System.IO.Path.IsPathRooted(file))
        {
            throw new LightVMException(
                ErrorCodes.InvalidArgument, $"The ssh configuration '{file}' would be another file in another directory.", file, "Give its whole path.");
        }

        SavedHostsFile.Change(path, hosts =>
        {
            RequireFree(hosts, endpoint);
            return hosts.TryAdd(endpoint.Name, endpoint);
        });
    }

    /// <summary>Refuses a host whose name is saved for another place.</summary>
    /// <exception cref="LightVMException">HostExists, HostsFileInvalid, AccessDenied.</exception>
    public void RequireFree(HostEndpoint endpoint) => RequireFree(SavedHostsFile.Read(path), endpoint);

    /// <returns>False if there is none of that name.</returns>
    /// <exception cref="LightVMException">HostsFileInvalid, AccessDenied, DiskFull.</exception>
    public bool Forget(string name) => IsName(name) && File.Exists(path) && SavedHostsFile.Change(path, hosts => hosts.Remove(name));

    private void RequireFree(Dictionary<string, HostEndpoint> hosts, HostEndpoint endpoint)
    {
        if (hosts.TryGetValue(endpoint.Name, out HostEndpoint? saved) && !saved.IsSamePlace(endpoint))
        {
            throw new LightVMException(
                ErrorCodes.HostExists,
                $"'{saved.Name}' is saved in {path} as {saved.WithoutOwnName()}.",
                saved.Name,
                $"Give another -Alias, or forget that one first: Disconnect-LightVMHost {saved.Name} -Forget");
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}\z")]
    private static partial Regex NamePattern();
}
