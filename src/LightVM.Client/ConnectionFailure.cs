using System.Net;
using System.Net.Sockets;
using System.Reflection;

namespace LightVM.Client;

/// <summary>The texts of failures between this process and a daemon. Pure: what happened in, problem out.</summary>
internal static class ConnectionFailure
{
    private static readonly string ClientVersion =
        typeof(ConnectionFailure).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    /// <summary>A unix socket could not be connected to.</summary>
    public static Problem OfSocket(HostEndpoint endpoint, Exception error)
    {
        string path = endpoint.SocketPath!;
        if (error is ArgumentException)
        {
            return Make(
                ErrorCodes.InvalidArgument,
                endpoint,
                $"The path of the socket is too long for a unix socket (at most 107 bytes): {path}",
                "Give a shorter path, for example by a symbolic link.");
        }

        bool local = endpoint == HostEndpoint.Local;
        return ((SocketException)error).SocketErrorCode switch
        {
            SocketError.AccessDenied => Make(
                ErrorCodes.AccessDenied,
                endpoint,
                $"The user {Environment.UserName} may not use the daemon's socket {path}.",
                $"Add the user to the group lightvm and log in again: sudo usermod -aG lightvm {Environment.UserName}"),
            SocketError.AddressNotAvailable when !File.Exists(path) => Make(
                ErrorCodes.HostUnreachable,
                endpoint,
                local ? $"No lightvmd runs on this machine: {path} does not exist." : $"No daemon is there: {path} does not exist.",
                local
                    ? "Connect to a host (Connect-LightVMHost NAME), boot a lab (Start-LightVMLab), or on a Xen host: systemctl status lightvmd"
                    : "Check the path, and the daemon: systemctl status lightvmd"),
            _ => Make(
                ErrorCodes.HostUnreachable,
                endpoint,
                $"No daemon answers on the socket {path}: {Sentence(error.Message)}",
                "See why it does not run: systemctl status lightvmd"),
        };
    }

    /// <summary>The ssh program could not be run at all.</summary>
    public static Problem NoSsh(HostEndpoint endpoint, string program, Exception error) => Make(
        ErrorCodes.HostUnreachable,
        endpoint,
        $"The host '{endpoint.Name}' cannot be reached: the program '{program}' cannot be run: {Sentence(error.Message)}",
        "Install OpenSSH's client (on Debian: apt install openssh-client).");

    /// <summary>ssh ended before the daemon said anything, or later with a reason.</summary>
    /// <param name="endpoint">The host.</param>
    /// <param name="exitCode">ssh's: its own failures are 255, all else is the command's.</param>
    /// <param name="stderr">What it and the command said.</param>
    public static Problem OfSsh(HostEndpoint endpoint, int exitCode, string stderr)
    {
        string said = LastWords(stderr);
        string target = SshTarget(endpoint);
        string user = endpoint.User ?? "the user that ssh logs in as";
        if (exitCode != 255)
        {
            return exitCode is 126 or 127 || stderr.Contains("command not found", StringComparison.OrdinalIgnoreCase)
                ? Make(
                    ErrorCodes.HostUnreachable,
                    endpoint,
                    $"The host '{endpoint.Name}' has no lightvmd: {Or(said, $"its shell answered with exit code {exitCode}.")}",
                    $"Install LightVM's package on it; '{target} lightvmd --version' has to work.")
                : stderr.Contains("denied", StringComparison.OrdinalIgnoreCase)
                    ? Make(
                        ErrorCodes.AccessDenied,
                        endpoint,
                        $"The host '{endpoint.Name}' does not let {user} use its daemon: {said}",
                        $"Add that user to the group lightvm there: sudo usermod -aG lightvm {endpoint.User ?? "USER"}")
                    : Make(
                        ErrorCodes.HostUnreachable,
                        endpoint,
                        $"No daemon answers on the host '{endpoint.Name}': {Or(said, $"lightvmd dial ended with exit code {exitCode}.")}",
                        $"See why it does not run: {target} systemctl status lightvmd");
        }

        if (stderr.Contains("Host key verification failed", StringComparison.OrdinalIgnoreCase)
            || stderr.Contains("HOST IDENTIFICATION HAS CHANGED", StringComparison.Ordinal))
        {
            return Make(
                ErrorCodes.HostUnreachable,
                endpoint,
                $"ssh does not trust the key of the host '{endpoint.Name}': {said}",
                $"Check the host's key, and accept it by hand once: {target}");
        }

        return stderr.Contains("denied", StringComparison.OrdinalIgnoreCase) || stderr.Contains("Too many authentication failures", StringComparison.Ordinal)
            ? Make(
                ErrorCodes.AccessDenied,
                endpoint,
                $"The host '{endpoint.Name}' refused the login by ssh: {said}",
                $"'{target}' has to work without a question (a key, ssh-agent): a session or job cannot answer one.")
            : Make(
                ErrorCodes.HostUnreachable,
                endpoint,
                $"The host '{endpoint.Name}' cannot be reached by ssh: {Or(said, "ssh ended without a word.")}",
                $"Check the name, the network and the ssh configuration: '{target}' has to work.");
    }

    /// <summary>A connection broke, and so did the next one, or there was no time for it.</summary>
    public static Problem Broken(HostEndpoint endpoint, Exception error) => Make(
        ErrorCodes.HostUnreachable,
        endpoint,
        $"The connection to '{endpoint.Name}' broke before the daemon answered: {Sentence(error.GetBaseException().Message)}",
        "Try again; if it stays so, see what the daemon logs: journalctl -u lightvmd");

    public static Problem StreamLost(HostEndpoint endpoint) => Make(
        ErrorCodes.HostUnreachable,
        endpoint,
        $"The stream from '{endpoint.Name}' breaks again and again.",
        "See what the daemon logs: journalctl -u lightvmd");

    public static Problem Disconnected(HostEndpoint endpoint) => Make(
        ErrorCodes.HostUnreachable,
        endpoint,
        $"The session has disconnected from '{endpoint.Name}'.",
        "Connect again: Connect-LightVMHost");

    public static Problem NoFeature(HostEndpoint endpoint, string feature, string version) => Make(
        ErrorCodes.FeatureMissing,
        endpoint,
        $"The daemon of '{endpoint.Name}' (version {version}) has not got the feature '{feature}', which this needs.",
        $"Bring lightvmd there to version {ClientVersion} or later.");

    /// <summary>A console or a port that was open.</summary>
    public static Problem ChannelLost(HostEndpoint endpoint, string what) => Make(
        ErrorCodes.HostUnreachable,
        endpoint,
        $"The connection to {what} on '{endpoint.Name}' broke.",
        "Open it again; if it stays so, see what the daemon logs: journalctl -u lightvmd");

    public static Problem NoResults(HostEndpoint endpoint, Operation operation) => Make(
        ErrorCodes.InternalError,
        endpoint,
        $"The operation {operation.Id} on '{endpoint.Name}' ended ({operation.Status}) without results.",
        "See what became of the guests: Get-LightVM");

    public static Problem NotUnderstood(HostEndpoint endpoint, string what, string why) => Make(
        ErrorCodes.InternalError,
        endpoint,
        $"The answer of '{endpoint.Name}' ({what}) is not understood: {Sentence(why)}",
        $"Compare the versions: this client is {ClientVersion}, Get-LightVMHost shows the daemon's.");

    /// <summary>An answer that is neither a success nor a problem document.</summary>
    public static Problem Unexplained(HostEndpoint endpoint, string uri, HttpStatusCode status) =>
        status is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed
            ? Make(
                ErrorCodes.FeatureMissing,
                endpoint,
                $"The daemon of '{endpoint.Name}' does not know /{uri.Split('?')[0]}.",
                $"Bring lightvmd there to version {ClientVersion} or later.")
            : Make(
                ErrorCodes.InternalError,
                endpoint,
                $"The daemon of '{endpoint.Name}' answered {(int)status} to /{uri.Split('?')[0]} without saying why.",
                "See what the daemon logs: journalctl -u lightvmd");

    private static string SshTarget(HostEndpoint endpoint) =>
        "ssh "
        + (endpoint.SshConfigFile is { } file ? $"-F {file} " : "")
        + (endpoint.Port is { } port ? $"-p {port} " : "")
        + (endpoint.User is { } user ? $"{user}@" : "")
        + endpoint.SshHost;

    /// <summary>The last line that says something: ssh puts the reason there.</summary>
    private static string LastWords(string stderr)
    {
        string? line = stderr.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .LastOrDefault(l => !l.StartsWith("Warning: Permanently added", StringComparison.Ordinal)
                && !l.StartsWith("debug", StringComparison.Ordinal));
        if (line is null)
        {
            return "";
        }

        // What names itself and its error code would say both twice.
        foreach (string prefix in new[] { "ssh: ", "lightvmd dial: ", ErrorCodes.AccessDenied + ": ", ErrorCodes.HostUnreachable + ": " })
        {
            line = line.StartsWith(prefix, StringComparison.Ordinal) ? line[prefix.Length..] : line;
        }

        return Sentence(line);
    }

    private static string Or(string text, string otherwise) => text.Length > 0 ? text : otherwise;

    private static string Sentence(string text) => text.EndsWith('.') ? text : text + ".";

    private static Problem Make(string code, HostEndpoint endpoint, string detail, string recommendation) => new()
    {
        Code = code,
        Title = code,
        Detail = detail,
        Target = endpoint.Name,
        Recommendation = recommendation,
    };
}
