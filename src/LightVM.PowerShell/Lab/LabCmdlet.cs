using System.Management.Automation;
using System.Runtime.Versioning;
using LightVM.Client;
using LightVM.Lab;

namespace LightVM.PowerShell;

/// <summary>A cmdlet on a checkout's labs.</summary>
[SupportedOSPlatform("linux")]
public abstract class LabCmdlet : HostCmdlet
{
    /// <summary>The lab that is meant where none is named.</summary>
    public const string NameVariable = "LIGHTVM_LAB";

    private const string SolutionFile = "LightVM.PowerShell.sln";
    private const string SshHost = "lab";
    private const int ProgressId = 6900;

    /// <summary>The lab's name, unique in the checkout.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } =
        Environment.GetEnvironmentVariable(NameVariable) is { Length: > 0 } name ? name : LabOptions.DefaultName;

    /// <summary>The checkout that the lab belongs to; the module's own otherwise.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    protected override void BeginProcessing()
    {
        if (!OperatingSystem.IsLinux())
        {
            ThrowProblem(new LightVMException(
                ErrorCodes.LabFailed, "A lab boots on Linux only.", Name, "Connect to a Xen host: Connect-LightVMHost NAME"));
        }
    }

    /// <summary>The directory of the checkout.</summary>
    /// <exception cref="LightVMException">LabFailed: the module is not in one, and none is given.</exception>
    protected string Root =>
        Path is not null
            ? GetUnresolvedProviderPathFromPSPath(Path)
            : FindRoot(typeof(LabCmdlet).Assembly.Location)
                ?? FindRoot(SessionState.Path.CurrentFileSystemLocation.ProviderPath + "/.")
                ?? throw new LightVMException(
                    ErrorCodes.LabFailed,
                    "A lab belongs to a checkout of LightVM, and this module is not in one.",
                    Name,
                    "Clone the project and import the module from there, or name a checkout with -Path.");

    /// <summary>Runs the lab's work, with progress; its failures become LabFailed.</summary>
    protected T RunLab<T>(string activity, Func<IProgress<string>, CancellationToken, Task<T>> work)
    {
        bool shown = false;
        var reporter = new Reporter(text => TryPost(() =>
        {
            shown = true;
            WriteVerbose(text);
            WriteProgress(new ProgressRecord(ProgressId, activity, text));
        }));
        try
        {
            return Run(token => work(reporter, token));
        }
        catch (LabException e)
        {
            throw new LightVMException(
                ErrorCodes.LabFailed, e.Message, Name, $"See the lab's logs in {System.IO.Path.Combine(Root, "out", "lab", Name)}.", e);
        }
        finally
        {
            if (shown)
            {
                WriteProgress(new ProgressRecord(ProgressId, activity, "done") { RecordType = ProgressRecordType.Completed });
            }
        }
    }

    /// <summary>Where a lab's host is. The usual lab is called <c>lab</c>, others <c>lab-NAME</c>.</summary>
    private protected static HostEndpoint EndpointOf(LabState state) => HostEndpoint.ForSsh(
        SshHost, configFile: state.SshConfigFile, name: state.Name == LabOptions.DefaultName ? SshHost : $"{SshHost}-{state.Name}");

    private protected static LabInfo Describe(LabStatus status, string name, string root)
    {
        LabState? state = status.State;
        HostEndpoint? endpoint = state is null ? null : EndpointOf(state);
        return new LabInfo
        {
            Name = name,
            State = status.IsUp ? "Up" : state is null ? "Down" : state.Phase == LabPhase.Booting ? "Starting" : "Unreachable",
            HostName = endpoint is null ? null : HostRegistry.Process.Find(endpoint)?.HostName,
            Endpoint = endpoint?.ToString(),
            Memory = state?.MemoryBytes ?? 0,
            CpuCount = state?.Cpus ?? 0,
            Accelerator = state?.Accelerator.ToString(),
            StartTime = state?.StartedAt,
            Path = root,
            Detail = status.Detail,
        };
    }

    private static string? FindRoot(string start)
    {
        for (string? directory = System.IO.Path.GetDirectoryName(start); directory is not null; directory = System.IO.Path.GetDirectoryName(directory))
        {
            if (File.Exists(System.IO.Path.Combine(directory, SolutionFile)))
            {
                return directory;
            }
        }

        return null;
    }

    private sealed class Reporter(Action<string> report) : IProgress<string>
    {
        public void Report(string value) => report(value);
    }
}
