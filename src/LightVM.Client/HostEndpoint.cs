using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace LightVM.Client;

/// <summary>
/// Where a host's daemon is. Spelled <c>localhost</c> or <c>.</c> (the local socket), <c>unix:/path</c>, <c>/path</c>,
/// <c>name</c> or <c>user@name</c> (ssh), <c>ssh://[user@]host[:port][?config=FILE&amp;name=NAME]</c>.
/// </summary>
public sealed record HostEndpoint
{
    /// <summary>The daemon's socket on its own host.</summary>
    public const string LocalSocket = "/run/lightvm/lightvmd.sock";

    /// <summary>What a session calls the host behind <see cref="LocalSocket"/>.</summary>
    public const string LocalName = "localhost";

    private HostEndpoint()
    {
    }

    /// <summary>The local socket.</summary>
    public static HostEndpoint Local { get; } = ForSocket(LocalSocket);

    public EndpointKind Kind { get; private init; }

    /// <summary>What a session calls this host: the HostName of all that comes from it. Parses back to the same place.</summary>
    public required string Name { get; init; }

    /// <summary>Path of the socket, or null.</summary>
    public string? SocketPath { get; private init; }

    /// <summary>The host as ssh is to be told, so possibly a <c>Host</c> of its configuration, or null.</summary>
    public string? SshHost { get; private init; }

    /// <summary>Null: ssh decides.</summary>
    public string? User { get; private init; }

    /// <summary>Null: ssh decides.</summary>
    public int? Port { get; private init; }

    /// <summary>The configuration file that ssh is to read in place of the user's own, or null.</summary>
    public string? SshConfigFile { get; private init; }

    public static HostEndpoint ForSocket(string path) => new()
    {
        Kind = EndpointKind.UnixSocket,
        SocketPath = path,
        Name = SocketName(path),
    };

    /// <param name="host">A host name, an address, or a <c>Host</c> of the ssh configuration.</param>
    /// <param name="user">Null: ssh decides.</param>
    /// <param name="port">Null: ssh decides.</param>
    /// <param name="configFile">Null: the user's own configuration.</param>
    /// <param name="name">What the session calls it; null: the shortest spelling that leads there.</param>
    public static HostEndpoint ForSsh(
        string host, string? user = null, int? port = null, string? configFile = null, string? name = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(host);
        return new()
        {
            Kind = EndpointKind.Ssh,
            SshHost = host,
            User = user,
            Port = port,
            SshConfigFile = configFile,
            Name = name ?? Shortest(host, user, port),
        };
    }

    /// <exception cref="LightVMException">InvalidArgument: the text names no host.</exception>
    public static HostEndpoint Parse(string text) =>
        TryParse(text, out HostEndpoint? endpoint, out string? why)
            ? endpoint
            : throw new LightVMException(
                ErrorCodes.InvalidArgument,
                $"'{text}' names no host: {why}",
                text,
                "Give a host name (reached by ssh), ssh://[user@]host[:port], unix:/path, or localhost for the local socket.");

    public static bool TryParse(
        [NotNullWhen(true)] string? text,
        [NotNullWhen(true)] out HostEndpoint? endpoint,
        [NotNullWhen(false)] out string? why)
    {
        (endpoint, why) = ParseCore(text?.Trim() ?? "");
        return endpoint is not null;
    }

    /// <summary>Whether it was given a name other than the spelling that leads there.</summary>
    public bool HasOwnName => Name != Spelling;

    /// <summary>Whether it leads to the same place, whatever it is called.</summary>
    public bool IsSamePlace(HostEndpoint other) => this == (other with { Name = Name });

    /// <summary>The same place, called by the shortest spelling that leads there.</summary>
    public HostEndpoint WithoutOwnName() => this with { Name = Spelling };

    /// <summary>The spelling that <see cref="Parse"/> reads back, with all parts; a socket's has no room for a name of its own.</summary>
    public override string ToString()
    {
        if (Kind == EndpointKind.UnixSocket)
        {
            return "unix:" + SocketPath;
        }

        var text = new StringBuilder("ssh://");
        if (User is not null)
        {
            text.Append(User).Append('@');
        }

        text.Append(Bracketed(SshHost!));
        if (Port is { } port)
        {
            text.Append(CultureInfo.InvariantCulture, $":{port}");
        }

        char separator = '?';
        if (SshConfigFile is not null)
        {
            // The slash stays readable: it needs no escape in a query.
            text.Append(separator).Append("config=").Append(Uri.EscapeDataString(SshConfigFile).Replace("%2F", "/", StringComparison.Ordinal));
            separator = '&';
        }

        if (HasOwnName)
        {
            text.Append(separator).Append("name=").Append(Uri.EscapeDataString(Name));
        }

        return text.ToString();
    }

    private static (HostEndpoint? Endpoint, string? Why) ParseCore(string text)
    {
        if (text.Length == 0)
        {
            return (null, "it is empty.");
        }

        if (text == "." || text.Equals(LocalName, StringComparison.OrdinalIgnoreCase))
        {
            return (Local, null);
        }

        if (text.StartsWith("unix:", StringComparison.OrdinalIgnoreCase))
        {
            string path = text[5..];
            path = path.StartsWith("///", StringComparison.Ordinal) ? path[2..] : path;
            return path.StartsWith('/') ? (ForSocket(path), null) : (null, "the path of a socket begins with /.");
        }

        if (text.StartsWith('/'))
        {
            return (ForSocket(text), null);
        }

        if (text.StartsWith("ssh://", StringComparison.OrdinalIgnoreCase))
        {
            return ParseSsh(text[6..]);
        }

        return text.Contains("://", StringComparison.Ordinal)
            ? (null, $"'{text[..text.IndexOf("://", StringComparison.Ordinal)]}' is no way to reach a host.")
            : text.Contains('/') || text.Contains('?')
                ? (null, "a host name holds no / and no ?.")
                : ParseAuthority(text, null, null);
    }

    private static (HostEndpoint? Endpoint, string? Why) ParseSsh(string rest)
    {
        int queryAt = rest.IndexOf('?', StringComparison.Ordinal);
        string authority = (queryAt < 0 ? rest : rest[..queryAt]).TrimEnd('/');
        string? config = null;
        string? name = null;
        if (queryAt >= 0)
        {
            foreach (string pair in rest[(queryAt + 1)..].Split('&', StringSplitOptions.RemoveEmptyEntries))
            {
                int equals = pair.IndexOf('=', StringComparison.Ordinal);
                string key = equals < 0 ? pair : pair[..equals];
                string value = equals < 0 ? "" : Uri.UnescapeDataString(pair[(equals + 1)..]);
                switch (key)
                {
                    case "config" when value.Length > 0:
                        config = value;
                        break;
                    case "name" when value.Length > 0:
                        name = value;
                        break;
                    default:
                        return (null, $"'{pair}' is not known there; config=FILE and name=NAME are.");
                }
            }
        }

        return ParseAuthority(authority, config, name);
    }

    private static (HostEndpoint? Endpoint, string? Why) ParseAuthority(string authority, string? config, string? name)
    {
        int at = authority.LastIndexOf('@');
        string? user = at < 0 ? null : authority[..at];
        string hostAndPort = authority[(at + 1)..];
        if (user is not null && (user.Length == 0 || user.StartsWith('-') || user.Any(char.IsWhiteSpace)))
        {
            return (null, "the user's name before @ is empty or not a name.");
        }

        if (user is not null && user.Contains(':'))
        {
            // It would go into logs and files, and ssh takes none this way.
            return (null, "a password has no place in it; ssh has keys and agents.");
        }

        string host = hostAndPort;
        string? portText = null;
        if (hostAndPort.StartsWith('['))
        {
            int close = hostAndPort.IndexOf(']', StringComparison.Ordinal);
            if (close < 0 || (close + 1 < hostAndPort.Length && hostAndPort[close + 1] != ':'))
            {
                return (null, "an address in brackets is not closed.");
            }

            host = hostAndPort[1..close];
            portText = close + 1 < hostAndPort.Length ? hostAndPort[(close + 2)..] : null;
        }
        else if (hostAndPort.Count(c => c == ':') == 1)
        {
            int colon = hostAndPort.IndexOf(':', StringComparison.Ordinal);
            (host, portText) = (hostAndPort[..colon], hostAndPort[(colon + 1)..]);
        }

        // A leading - would be read by ssh as an option.
        if (host.Length == 0 || host.StartsWith('-') || host.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || c is '\'' or '"' or '`' or '$' or ';' or '|' or '&' or '*'))
        {
            return (null, "the host's name is empty or holds a character that no host name has.");
        }

        int? port = null;
        if (portText is not null)
        {
            if (!int.TryParse(portText, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number is < 1 or > 65535)
            {
                return (null, $"'{portText}' is no port.");
            }

            port = number;
        }

        return (ForSsh(host, user, port, config, name), null);
    }

    private string Spelling => Kind == EndpointKind.Ssh ? Shortest(SshHost!, User, Port) : SocketName(SocketPath!);

    private static string SocketName(string path) => path == LocalSocket ? LocalName : "unix:" + path;

    private static string Shortest(string host, string? user, int? port)
    {
        string name = (user is null ? "" : user + "@") + Bracketed(host) + (port is { } number ? ":" + number.ToString(CultureInfo.InvariantCulture) : "");

        // Bare, these mean the local socket.
        return name == "." || name.Equals(LocalName, StringComparison.OrdinalIgnoreCase) ? "ssh://" + name : name;
    }

    private static string Bracketed(string host) => host.Contains(':') ? $"[{host}]" : host;
}
