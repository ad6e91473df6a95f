using System.Management.Automation;
using LightVM.Tinyx;

namespace LightVM.PowerShell;

/// <summary>Makes the kernel of an image smaller: tries which of its options the application does without.</summary>
/// <remarks>Options are switched off, the kernel is built and booted on a host, and the tests are run; beside yours there is always: console, network, save and restore, shutdown. What fails is put back. An interrupted search goes on where it was. See docs/tinyx.md.</remarks>
/// <example>
/// <code>Build-TinyxImage nginx -Command 'nginx -g "daemon off;"' -Port 80 -Name web | Optimize-TinyxImage -Test @{ http = '/'; port = 80 }</code>
/// Tries all options that no part of the platform asks for, and changes the image ./web.
/// </example>
/// <example>
/// <code>Optimize-TinyxImage ./web -Option AIO, SYSVIPC -Test @{ http = '/'; port = 80 } -OneByOne | ForEach-Object Results</code>
/// Tries two, and tells what each gains.
/// </example>
[Cmdlet("Optimize", "TinyxImage", SupportsShouldProcess = true)]
[OutputType(typeof(TinyxOptimization), typeof(CommandJob))]
public sealed class OptimizeTinyxImageCommand : HostCmdlet
{
    private const int ActivityId = 7;

    /// <summary>Directories of images that Build-TinyxImage made; they get the new kernel.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("PSPath")]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>Kernel options to try without, with or without CONFIG_; all that no part of the platform asks for otherwise.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? Option { get; set; }

    /// <summary>What the image has to do: script blocks, which find the guest as $_ and its ports as $_.Endpoint[80]; or probes that the host runs: @{ http = '/'; port = 80 }.</summary>
    [Parameter(Mandatory = true)]
    [ImageTestArgument]
    [ValidateNotNullOrEmpty]
    public object[] Test { get; set; } = [];

    /// <summary>Ports that are forwarded to script blocks beside those that image.json tells.</summary>
    [Parameter]
    [ValidateRange(1, 65535)]
    public int[] Port { get; set; } = [];

    /// <summary>For how many seconds a test may fail while the application starts.</summary>
    [Parameter]
    [ValidateRange(1, 3600)]
    public int TestTimeout { get; set; } = 60;

    /// <summary>Tries each option by itself: that takes longer, and tells what each of them gains.</summary>
    [Parameter]
    public SwitchParameter OneByOne { get; set; }

    /// <summary>Begins anew, rather than to go on with an earlier search of this image with these tests.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Runs it as a job, which is written at once: Wait-Job, Receive-Job, Stop-Job. Script blocks see no variables of this session then.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <summary>The host that it is tested on; the default host otherwise.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [Alias("ComputerName")]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string? HostName { get; set; }

    protected override void ProcessRecord()
    {
        if (AsJob)
        {
            WriteObject(CommandJob.Start(this, (nameof(LiteralPath), LiteralPath)));
            return;
        }

        foreach (string path in LiteralPath.Select(GetUnresolvedProviderPathFromPSPath))
        {
            try
            {
                if (ShouldProcess($"image directory {path}", "Optimize"))
                {
                    WriteObject(Describe(Run(token => OptimizeAsync(path, token))));
                }
            }
            catch (LightVMException e)
            {
                WriteProblem(e, e.Problem.Target ?? path);
            }
        }
    }

    private async Task<OptimizedImage> OptimizeAsync(string path, CancellationToken cancellationToken)
    {
        var activity = $"Optimizing image {System.IO.Path.GetFileName(path.TrimEnd('/'))}";
        void Show(OptimizeProgress progress) => TryPost(() =>
        {
            WriteVerbose(progress.Total == 0 ? $"{progress.Step}." : $"{progress.Step} ({progress.Decided} of {progress.Total} options decided).");
            WriteProgress(new ProgressRecord(ActivityId, activity, progress.Step)
            {
                PercentComplete = progress.Total == 0 ? -1 : 100 * progress.Decided / progress.Total,
                SecondsRemaining = progress.Remaining is { } remaining ? (int)remaining.TotalSeconds : -1,
            });
        });
        try
        {
            ImageManifest manifest = (await Client.ImageDirectory.ReadAsync(path, cancellationToken).ConfigureAwait(false)).Manifest;
            int[] ports = [.. Port.Concat(manifest.Ports ?? []).Distinct()];
            IImageTest[] tests = [.. Test.Select(t => t is ScriptBlock script ? new ScriptTest(script, ports, PostAsync) : (IImageTest)t)];
            var how = new ImageTests(ClientOf(HostName), tests, TimeSpan.FromSeconds(TestTimeout), MeasureMemory: false);
            return await new ImageOptimizer(Show).OptimizeAsync(path, Option, how, OneByOne, Force, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            TryPost(() => WriteProgress(new ProgressRecord(ActivityId, activity, "done") { RecordType = ProgressRecordType.Completed }));
        }
    }

    private static TinyxOptimization Describe(OptimizedImage image) => new()
    {
        Name = image.Manifest.Name,
        LiteralPath = image.Directory,
        KernelSize = image.Manifest.Kernel.Size,
        KernelBytes = image.KernelBytes,
        MemoryBytes = image.MemoryBytes,
        MinimumMemory = image.Manifest.MinimumMemory,
        Removed = [.. image.Verdicts.Where(v => v.Failure is null).SelectMany(v => v.Options)],
        Kept = [.. image.Verdicts.Where(v => v.Failure is not null).SelectMany(v => v.Options)],
        Results =
        [
            .. image.Verdicts.Select(v => new TinyxOptionResult
            {
                Option = v.Options,
                Removed = v.Failure is null,
                KernelBytes = v.KernelBytes,
                MemoryBytes = v.MemoryBytes,
                Reason = v.Failure,
            }),
        ],
    };
}
