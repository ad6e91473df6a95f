using System.Collections;
using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>
/// Changes guests. Labels, restart policy, crash action, affinity and published ports apply at once; image, memory, CPUs, cpupool, command line, type,
/// arguments, environment and files need the guest Stopped. Adapters and disks have cmdlets of their own.
/// </summary>
/// <example>
/// <code>Set-LightVM a -RestartPolicy Always -Labels @{ tier = 'front' }</code>
/// Changes a running guest.
/// </example>
/// <example>
/// <code>Stop-LightVM a -PassThru | Set-LightVM -Memory 8MB -PassThru | Start-LightVM</code>
/// Gives it more memory, for which it has to be stopped.
/// </example>
[Cmdlet(VerbsCommon.Set, "LightVM", SupportsShouldProcess = true, DefaultParameterSetName = VMSet)]
[OutputType(typeof(Guest))]
public sealed class SetLightVMCommand : GuestCmdlet
{
    private const int AtOnce = 16;

    /// <summary>The image to start from.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ImageNameCompleter))]
    public string? Image { get; set; }

    /// <summary>Memory in bytes, such as 8MB.</summary>
    [Parameter]
    [MemorySize]
    [ValidateRange(1, long.MaxValue)]
    public long Memory { get; set; }

    /// <summary>Virtual CPUs.</summary>
    [Parameter]
    [ValidateRange(1, 512)]
    public int VCpuCount { get; set; }

    /// <summary>The whole new set of labels.</summary>
    [Parameter]
    [ValidateNotNull]
    [Alias("Label")]
    public Hashtable? Labels { get; set; }

    /// <summary>Whether a guest that ended by itself is started again.</summary>
    [Parameter]
    public RestartPolicy RestartPolicy { get; set; }

    /// <summary>What becomes of the domain of a guest that crashed.</summary>
    [Parameter]
    public CrashAction OnCrash { get; set; }

    /// <summary>Physical CPUs that it may run on, such as 0-1,3; an empty string: any.</summary>
    [Parameter]
    [AllowEmptyString]
    public string? Affinity { get; set; }

    /// <summary>The Xen cpupool that it runs in.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int CpuPool { get; set; }

    /// <summary>The kernel's command line.</summary>
    [Parameter]
    [AllowEmptyString]
    public string? CommandLine { get; set; }

    /// <summary>How Xen runs it.</summary>
    [Parameter]
    public GuestType Type { get; set; }

    /// <summary>The whole new set of published ports, such as 8080:80; @() for none.</summary>
    [Parameter]
    [PublishArgument]
    [AllowEmptyCollection]
    public PublishedPort[]? Publish { get; set; }

    /// <summary>The whole new list of arguments; @() for none.</summary>
    [Parameter]
    [AllowEmptyCollection]
    public string[]? Argument { get; set; }

    /// <summary>The whole new set of variables, such as @{ MODE = 'test' }; @{} for none.</summary>
    [Parameter]
    public Hashtable? Environment { get; set; }

    /// <summary>The whole new set of files, with -FileContent: path in the guest = local path; @{} for none.</summary>
    [Parameter]
    public Hashtable? File { get; set; }

    /// <summary>The whole new set of files, with -File: path in the guest = text or bytes.</summary>
    [Parameter]
    public Hashtable? FileContent { get; set; }

    /// <summary>Writes the guests as they are afterwards.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void Process(IReadOnlyList<Guest> guests)
    {
        (GuestChange change, string what) = CheckedChange();
        List<Guest> chosen = [.. guests.Where(guest => ShouldProcess($"guest {guest.Name} on {guest.HostName}", $"Set {what}"))];
        IReadOnlyList<(LightVMClient Client, IReadOnlyList<Guest> Guests)> groups = ByHost(chosen);
        foreach ((LightVMClient client, IReadOnlyList<Guest> members) in groups)
        {
            WriteVerbose($"Asking {client.HostName} to change {members.Count} guest(s): {what}.");
        }

        ForEachHost(
            [.. groups.Select(group => group.Client)],
            (client, token) => ChangeAsync(client, groups.First(group => group.Client == client).Guests, change, token));
    }

    private (GuestChange Change, string What) CheckedChange()
    {
        try
        {
            return Change();
        }
        catch (LightVMException e)
        {
            ThrowProblem(e);
            throw;
        }
    }

    private (GuestChange Change, string What) Change()
    {
        string[] now = [nameof(Labels), nameof(RestartPolicy), nameof(OnCrash), nameof(Affinity), nameof(Publish)];
        string[] stopped =
        [
            nameof(Image), nameof(Memory), nameof(VCpuCount), nameof(CpuPool), nameof(CommandLine), nameof(Type), nameof(Argument), nameof(Environment), nameof(File),
            nameof(FileContent),
        ];
        string[] given = [.. now.Where(Given), .. stopped.Where(Given).Select(name => name + " (needs it Stopped)")];
        if (given.Length == 0)
        {
            ThrowProblem(new LightVMException(
                ErrorCodes.InvalidArgument,
                "Nothing is given that is to change.",
                null,
                $"Give at least one of -{string.Join(", -", stopped.Concat(now))}."));
        }

        return (
            new GuestChange
            {
                Image = Image,
                Memory = Given(nameof(Memory)) ? Memory : null,
                VCpuCount = Given(nameof(VCpuCount)) ? VCpuCount : null,
                Labels = Labels is { } labels ? LabelTable.From(labels) : null,
                RestartPolicy = Given(nameof(RestartPolicy)) ? RestartPolicy : null,
                OnCrash = Given(nameof(OnCrash)) ? OnCrash : null,
                Affinity = Affinity,
                CpuPool = Given(nameof(CpuPool)) ? CpuPool : null,
                CommandLine = CommandLine,
                Type = Given(nameof(Type)) ? Type : null,
                Publish = Given(nameof(Publish)) ? Publish ?? [] : null,
                Arguments = Given(nameof(Argument)) ? Argument ?? [] : null,
                Environment = Environment is { } environment ? LabelTable.From(environment) : null,
                Files = GuestFileTable.From(File, FileContent, GetUnresolvedProviderPathFromPSPath),
            },
            string.Join(", ", given));
    }

    private bool Given(string parameter) => MyInvocation.BoundParameters.ContainsKey(parameter);

    private Task ChangeAsync(LightVMClient client, IReadOnlyList<Guest> guests, GuestChange change, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(
            guests,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (guest, token) =>
            {
                try
                {
                    Guest changed = await client.Guests.ChangeAsync(guest.Id, change, null, token).ConfigureAwait(false);
                    if (PassThru)
                    {
                        await PostAsync(() => WriteObject(changed), token).ConfigureAwait(false);
                    }
                }
                catch (LightVMException e) when (e.Problem.Code is not (ErrorCodes.HostUnreachable or ErrorCodes.AccessDenied))
                {
                    await PostAsync(() => WriteProblem(e, guest), token).ConfigureAwait(false);
                }
            });
}
