using System.Collections.Concurrent;
using System.Diagnostics;
using System.Management.Automation;
using System.Reflection;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>
/// Puts LightVM on Xen hosts by ssh: looks what is missing there, installs the package with what it depends on, starts it, and says what it did. Run
/// again, it changes nothing; with a newer package it upgrades, and guests run on.
/// </summary>
/// <example>
/// <code>Install-LightVMHost xen1</code>
/// Installs the package that came with this module on xen1, reached as 'ssh xen1' does.
/// </example>
/// <example>
/// <code>Install-LightVMHost ssh://root@xen1, ssh://root@xen2 -Package ./out/package/lightvm_0.1.0_amd64.deb</code>
/// Installs a package of one's own on two hosts at once.
/// </example>
/// <example>
/// <code>Install-LightVMHost xen1 -WhatIf</code>
/// Says what is missing there and what would be done.
/// </example>
[Cmdlet(VerbsLifecycle.Install, "LightVMHost", SupportsShouldProcess = true)]
[OutputType(typeof(HostInstallation))]
public sealed class InstallLightVMHostCommand : HostCmdlet
{
    private readonly List<string> names = [];

    /// <summary>Hosts that are reached by ssh: a name as 'ssh NAME' takes it, or ssh://[user@]host[:port]. The user is root, or may become it by sudo without a password.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("ComputerName")]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string[] HostName { get; set; } = [];

    /// <summary>The package, as ./build.sh package makes it; the one that lies beside this module otherwise.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Package { get; set; }

    /// <summary>Installs it although the same version, or a newer one, is there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Seconds that lightvmd may take until it answers.</summary>
    [Parameter]
    [ValidateRange(1, 3600)]
    public int Timeout { get; set; } = 60;

    protected override void ProcessRecord() => names.AddRange(HostName);

    protected override void EndProcessing()
    {
        try
        {
            DebianPackageFile package = DebianPackageFile.Read(Package is { } given ? GetUnresolvedProviderPathFromPSPath(given) : FindPackage());
            WriteVerbose($"The package is {package.Path}, version {package.Version}.");
            var surveys = new ConcurrentDictionary<LightVMClient, HostSurvey>();
            IReadOnlyList<LightVMClient> clients = ClientsOf(names);
            ForEachHost(clients, async (client, token) => surveys[client] = await new HostInstaller(client, package).LookAsync(token).ConfigureAwait(false));
            ForEachHost(
                [.. clients.Where(client => surveys.TryGetValue(client, out HostSurvey? survey) && IsWanted(client, survey, package))],
                (client, token) => InstallAsync(new HostInstaller(client, package), surveys[client], token));
        }
        catch (LightVMException e)
        {
            ThrowProblem(e);
        }
    }

    /// <summary>Tells all that speaks against it; else asks, if there is anything to do.</summary>
    private bool IsWanted(LightVMClient client, HostSurvey survey, DebianPackageFile package)
    {
        IReadOnlyList<Problem> findings = survey.Findings(client.HostName, package);
        foreach (Problem finding in findings)
        {
            WriteProblem(finding, client.HostName);
        }

        if (findings.Count > 0)
        {
            return false;
        }

        if (!HostInstaller.NeedsPackage(survey, Force))
        {
            return survey.StoppedUnits.Count == 0 || ShouldProcess(client.HostName, $"Start {string.Join(", ", survey.StoppedUnits)}");
        }

        string what = survey.InstalledVersion is { } before ? $"Replace lightvm {before} by {package.Version}" : $"Install lightvm {package.Version}";
        return ShouldProcess(
            client.HostName, survey.MissingPackages.Count > 0 ? $"{what}, with {string.Join(", ", survey.MissingPackages)}" : what);
    }

    private async Task InstallAsync(HostInstaller installer, HostSurvey survey, CancellationToken token)
    {
        long begin = Stopwatch.GetTimestamp();
        await PostAsync(() => WriteVerbose($"{installer.Client.HostName} has Xen {survey.XenVersion} and lightvm {survey.InstalledVersion ?? "none"}."), token).ConfigureAwait(false);
        IReadOnlyList<string> actions = await installer.InstallAsync(survey, Force, token).ConfigureAwait(false);
        Host? host = await installer.AwaitAsync(TimeSpan.FromSeconds(Timeout), token).ConfigureAwait(false);
        List<string> warnings = [.. survey.Warnings()];
        if (!Force && survey.Comparison > 0 && survey.InstalledVersion is { } newer)
        {
            warnings.Add($"lightvm {newer} is installed there, which is newer than the package's {installer.Package.Version}: it stays. -Force replaces it.");
        }

        if (host is { DataPlane: false })
        {
            warnings.Add("lightvm-io is not connected: see systemctl status lightvm-io there.");
        }

        var done = new HostInstallation
        {
            HostName = installer.Client.HostName,
            PreviousVersion = survey.InstalledVersion,
            Version = HostInstaller.NeedsPackage(survey, Force) ? installer.Package.Version : survey.InstalledVersion!,
            XenVersion = host?.XenVersion ?? survey.XenVersion,
            IsChanged = actions.Count > 0,
            GuestCount = host?.GuestCount ?? 0,
            Actions = actions.Count > 0 ? actions : [$"Nothing: lightvm {survey.InstalledVersion} is installed and serves."],
            Warnings = warnings,
            Duration = Stopwatch.GetElapsedTime(begin),
        };
        await PostAsync(
            () =>
            {
                foreach (string warning in warnings)
                {
                    WriteWarning($"{done.HostName}: {warning}");
                }

                WriteObject(done);
            },
            token).ConfigureAwait(false);
    }

    /// <summary>The package of this module's version: beside the module as it is published, or in out/package of a checkout.</summary>
    private static string FindPackage()
    {
        Assembly assembly = typeof(InstallLightVMHostCommand).Assembly;
        string version = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";
        string name = $"lightvm_{version}_amd64.deb";
        for (DirectoryInfo? at = new FileInfo(assembly.Location).Directory; at is not null; at = at.Parent)
        {
            foreach (string path in (string[])[Path.Combine(at.FullName, "host", name), Path.Combine(at.FullName, "package", name)])
            {
                if (File.Exists(path))
                {
                    return path;
                }
            }
        }

        throw new LightVMException(
            ErrorCodes.InvalidArgument, $"No package {name} lies beside this module.", name, "Make it with ./build.sh package, or name one with -Package.");
    }
}
