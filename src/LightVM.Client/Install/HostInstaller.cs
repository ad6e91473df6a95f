using System.Diagnostics;

namespace LightVM.Client;

/// <summary>Puts LightVM's package on a Xen host by ssh: look, install, see that the daemon answers.</summary>
/// <param name="client">The host; it need not have a daemon yet.</param>
/// <param name="package">What to install.</param>
/// <param name="options">How ssh is run.</param>
public sealed class HostInstaller(LightVMClient client, DebianPackageFile package, LightVMClientOptions? options = null)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly LightVMClientOptions options = options ?? new();

    public LightVMClient Client => client;

    public DebianPackageFile Package => package;

    /// <exception cref="LightVMException">HostUnreachable, AccessDenied; InvalidArgument: it is not reached by ssh.</exception>
    public async Task<HostSurvey> LookAsync(CancellationToken cancellationToken)
    {
        if (client.Endpoint.Kind != EndpointKind.Ssh)
        {
            throw new LightVMException(
                ErrorCodes.InvalidArgument,
                $"'{client.HostName}' is a socket, not a host that is reached by ssh.",
                client.HostName,
                $"On the host itself: apt-get install --no-install-recommends {package.Path}");
        }

        (int exitCode, string output, string error) = await RemoteScript.RunAsync(
            client.Endpoint, options, HostSurvey.Script(package), asRoot: false, null, cancellationToken).ConfigureAwait(false);
        return exitCode == 0
            ? HostSurvey.Parse(output)
            : throw Failed($"looking at it ended with exit code {exitCode}: {LastLines(error)}", "Its shell has to run a script: ssh HOST sh -c true");
    }

    /// <summary>
    /// Installs the package with what it depends on, and starts its units. apt-get is asked not to configure anything interactively, and
    /// for nothing else: where all that the package depends on is there, it needs no network.
    /// </summary>
    /// <param name="survey">What <see cref="LookAsync"/> found.</param>
    /// <param name="force">Also where the same or a newer version is installed.</param>
    /// <param name="cancellationToken">Gives up waiting; apt-get ends what it has begun.</param>
    /// <returns>What was done.</returns>
    /// <exception cref="LightVMException">InstallFailed, HostUnreachable, AccessDenied.</exception>
    public async Task<IReadOnlyList<string>> InstallAsync(HostSurvey survey, bool force, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(survey);
        var actions = new List<string>();
        if (NeedsPackage(survey, force))
        {
            await PutAsync(survey, force, cancellationToken).ConfigureAwait(false);
            if (survey.MissingPackages.Count > 0)
            {
                actions.Add($"Installed what the package depends on: {string.Join(", ", survey.MissingPackages)}.");
            }

            actions.Add(survey.InstalledVersion is { } before ? $"Replaced lightvm {before} by {package.Version}." : $"Installed lightvm {package.Version}.");
            actions.Add("Enabled and started its units.");
        }
        else if (survey.StoppedUnits.Count > 0)
        {
            string units = string.Join(' ', survey.StoppedUnits);
            await RunAsync(survey, $"systemctl enable --now {units}", null, cancellationToken).ConfigureAwait(false);
            actions.Add($"Started {string.Join(", ", survey.StoppedUnits)}.");
        }

        return actions;
    }

    /// <summary>Whether the package has to be put there.</summary>
    public static bool NeedsPackage(HostSurvey survey, bool force)
    {
        ArgumentNullException.ThrowIfNull(survey);
        return force || survey.InstalledVersion is null || survey.Comparison < 0;
    }

    /// <summary>Waits until the daemon answers; null: it does, but not to this user.</summary>
    /// <exception cref="LightVMException">InstallFailed: not in time.</exception>
    public async Task<Host?> AwaitAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        long begin = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return await client.Host.GetAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (LightVMException e) when (e.Problem.Code == ErrorCodes.AccessDenied)
            {
                return null;
            }
            catch (LightVMException e) when (Stopwatch.GetElapsedTime(begin) > patience)
            {
                throw Failed(
                    $"lightvmd does not answer {patience.TotalSeconds:0} seconds after it was started: {e.Problem.Detail}",
                    "See why, on the host: systemctl status lightvmd lightvm-io; journalctl -u lightvmd",
                    e);
            }
            catch (LightVMException)
            {
                await Task.Delay(Pause, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task PutAsync(HostSurvey survey, bool force, CancellationToken cancellationToken)
    {
        // Where something has to be fetched, lists that are old or were never fetched would name what is no longer there; that they cannot be is
        // apt-get's to say, by what it cannot get then. The directory is open: apt reads the file as a user of its own.
        string script = $$"""
            set -e
            LC_ALL=C; DEBIAN_FRONTEND=noninteractive; export LC_ALL DEBIAN_FRONTEND
            dir=$(mktemp -d /var/tmp/lightvm-install.XXXXXX); trap 'rm -rf "$dir"' EXIT
            chmod 755 "$dir"
            deb=$dir/lightvm_{{package.Version}}_{{package.Architecture}}.deb
            cat >"$deb"
            {{(survey.MissingPackages.Count > 0 ? "apt-get -q -o DPkg::Lock::Timeout=120 -o Acquire::Retries=1 update >&2 || :" : ":")}}
            apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=120 -o Dpkg::Options::=--force-confold {{(force ? "--reinstall --allow-downgrades " : "")}}install "$deb" >&2
            """;
        FileStream file = File.OpenRead(package.Path);
        await using (file.ConfigureAwait(false))
        {
            await RunAsync(survey, script, file, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task RunAsync(HostSurvey survey, string script, Stream? input, CancellationToken cancellationToken)
    {
        (int exitCode, _, string error) = await RemoteScript.RunAsync(
            client.Endpoint, options, script, asRoot: !survey.IsRoot, input, cancellationToken).ConfigureAwait(false);
        if (exitCode != 0)
        {
            throw Failed(
                $"exit code {exitCode}: {LastLines(error)}",
                survey.MissingPackages.Count > 0
                    ? $"See that apt-get reaches its packages there, or install what is missing by hand: {string.Join(' ', survey.MissingPackages)}"
                    : "See what apt-get says there, mend it, and run this again.");
        }
    }

    private LightVMException Failed(string why, string recommendation, Exception? inner = null) => new(
        ErrorCodes.InstallFailed, $"LightVM could not be installed on '{client.HostName}': {why}", client.HostName, recommendation, inner);

    /// <summary>The errors that apt-get names, or else the end of what was said.</summary>
    private static string LastLines(string text)
    {
        string[] lines = text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        string[] errors = [.. lines.Where(line => line.StartsWith("E:", StringComparison.Ordinal)).Distinct()];
        return string.Join(" ", errors.Length > 0 ? errors.Take(4) : lines.TakeLast(3));
    }
}
