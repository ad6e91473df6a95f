using System.Collections;
using System.Globalization;
using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>Creates guests and starts them: one request for each host, whatever their number. Writes the guests when the daemon has confirmed them.</summary>
/// <example>
/// <code>New-LightVM a -Image hello -Memory 4MB</code>
/// Creates a guest and starts it.
/// </example>
/// <example>
/// <code>New-LightVM load hello -Count 1000</code>
/// Creates load-1 to load-1000 by one request.
/// </example>
/// <example>
/// <code>New-LightVM web http -Publish 8080:80 -FileContent @{ '/index.html' = 'Hello' }</code>
/// Serves a page at port 8080 of the host.
/// </example>
/// <example>
/// <code>New-LightVM deb -Kernel ./vmlinuz -Ramdisk ./initrd.img -CommandLine 'root=/dev/xvda1' -Disk /srv/debian.img -Memory 512MB</code>
/// Boots a stock Linux. The image that is made of the files is named by what is in them, and stays on the host.
/// </example>
/// <example>
/// <code>New-LightVM gw router -NetworkAdapter 'default', 'back,address=10.9.0.2,rate=10MB'</code>
/// Puts a guest on two networks.
/// </example>
/// <example>
/// <code>Import-Csv guests.csv | New-LightVM</code>
/// Creates one for each row; the columns are named as the parameters.
/// </example>
[Cmdlet(VerbsCommon.New, "LightVM", SupportsShouldProcess = true, DefaultParameterSetName = ImageSet)]
[OutputType(typeof(Guest))]
public sealed class NewLightVMCommand : HostCmdlet
{
    private const string ImageSet = "Image";
    private const string KernelSet = "Kernel";

    // A batch of this size and more runs as an operation of the daemon, which tells its progress and can be canceled.
    private const int OperationSize = 8;

    private readonly List<(string? HostName, string Target, IReadOnlyList<GuestDefinition> Guests)> wanted = [];
    private ImageDirectory? kernel;
    private IReadOnlyList<GuestFile>? files;

    /// <summary>Names of the new guests: lower-case letters, digits and -, unique on the host.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("VMName")]
    public string[] Name { get; set; } = [];

    /// <summary>The image that they are made from.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true, ParameterSetName = ImageSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ImageNameCompleter))]
    public string Image { get; set; } = "";

    /// <summary>A kernel's file on this machine, in place of an image.</summary>
    [Parameter(Mandatory = true, ParameterSetName = KernelSet)]
    [ValidateNotNullOrEmpty]
    public string Kernel { get; set; } = "";

    /// <summary>A ramdisk's file on this machine, for -Kernel.</summary>
    [Parameter(ParameterSetName = KernelSet)]
    [ValidateNotNullOrEmpty]
    [Alias("Initrd")]
    public string? Ramdisk { get; set; }

    /// <summary>How Xen runs them: Pv if the kernel can, else Pvh, unless it is given.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public GuestType? Type { get; set; }

    /// <summary>Memory of each in bytes, such as 4MB; the image's minimum otherwise.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [MemorySize]
    [ValidateRange(1, long.MaxValue)]
    public long Memory { get; set; }

    /// <summary>Virtual CPUs of each.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateRange(1, 512)]
    public int VCpuCount { get; set; } = 1;

    /// <summary>Labels of each, such as @{ tier = 'front' }.</summary>
    [Parameter]
    [ValidateNotNull]
    [Alias("Label")]
    public Hashtable? Labels { get; set; }

    /// <summary>Whether a guest that ended by itself is started again.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public RestartPolicy RestartPolicy { get; set; }

    /// <summary>What becomes of the domain of a guest that crashed.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public CrashAction OnCrash { get; set; }

    /// <summary>Physical CPUs that they may run on, such as 0-1,3; any otherwise.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? Affinity { get; set; }

    /// <summary>The Xen cpupool that they run in.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateRange(0, int.MaxValue)]
    public int CpuPool { get; set; }

    /// <summary>Their kernel's command line; the image's own otherwise.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowEmptyString]
    public string? CommandLine { get; set; }

    /// <summary>What is appended to the command line for the application, each quoted where that is needed.</summary>
    [Parameter]
    [ValidateNotNull]
    [AllowEmptyCollection]
    public string[]? Argument { get; set; }

    /// <summary>Variables that the application finds, such as @{ MODE = 'test' }.</summary>
    [Parameter]
    [ValidateNotNull]
    public Hashtable? Environment { get; set; }

    /// <summary>Small files that each finds, read-only: path in the guest = local path, such as @{ '/index.html' = './index.html' }.</summary>
    [Parameter]
    [ValidateNotNull]
    public Hashtable? File { get; set; }

    /// <summary>The same with the content itself: path in the guest = text, lines or bytes.</summary>
    [Parameter]
    [ValidateNotNull]
    public Hashtable? FileContent { get; set; }

    /// <summary>
    /// Network adapters of each: networks by name, 'back,address=10.9.0.2,mac=02:…,rate=10MB', @{ Network = 'back' }, or networks as objects. Without it,
    /// one on the network default if the image asks for a network.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AdapterArgument]
    [AllowEmptyCollection]
    [ArgumentCompleter(typeof(NetworkNameCompleter))]
    public AdapterDefinition[]? NetworkAdapter { get; set; }

    /// <summary>Gives them no network adapter.</summary>
    [Parameter]
    public SwitchParameter NoNetwork { get; set; }

    /// <summary>Disks of each: paths of raw files or block devices of the host, '/srv/a.img,readonly', '/srv/a.img,size=1GB', or @{ Path = '/srv/a.img' }.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [DiskArgument]
    [AllowEmptyCollection]
    public DiskDefinition[]? Disk { get; set; }

    /// <summary>Ports of the host that lead to a port of the guest: 8080:80, '127.0.0.1:8080:80/tcp', '53:53/udp'; 80 is 80:80.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [PublishArgument]
    [AllowEmptyCollection]
    public PublishedPort[]? Publish { get; set; }

    /// <summary>Makes so many of each name: name-1, name-2 and so on.</summary>
    [Parameter]
    [ValidateRange(1, CreateGuestsRequest.MaxBatch)]
    public int Count { get; set; }

    /// <summary>Leaves them Stopped.</summary>
    [Parameter]
    public SwitchParameter NoStart { get; set; }

    /// <summary>The hosts to create them on; the default host otherwise.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("ComputerName")]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string[]? HostName { get; set; }

    protected override void ProcessRecord()
    {
        try
        {
            if (NoNetwork && NetworkAdapter is { Length: > 0 })
            {
                throw new LightVMException(ErrorCodes.InvalidArgument, "-NoNetwork and -NetworkAdapter exclude each other.", null, "Give one of them.");
            }

            files = GuestFileTable.From(File, FileContent, GetUnresolvedProviderPathFromPSPath);
            if (ParameterSetName == KernelSet)
            {
                kernel = Run(token => KernelImage.ReadAsync(
                    GetUnresolvedProviderPathFromPSPath(Kernel), Ramdisk is null ? null : GetUnresolvedProviderPathFromPSPath(Ramdisk), token));
            }
        }
        catch (LightVMException e)
        {
            ThrowProblem(e);
        }

        string?[] hosts = HostName is { Length: > 0 } ? [.. HostName] : [null];
        foreach (string? host in hosts)
        {
            foreach (string name in Name)
            {
                wanted.Add((host, Count > 1 ? $"guests {name}-1 to {name}-{Count}" : $"guest {(Count == 1 ? name + "-1" : name)}", [.. Expand(name).Select(Define)]));
            }
        }
    }

    protected override void EndProcessing()
    {
        var byClient = new Dictionary<LightVMClient, List<GuestDefinition>>();
        foreach (IGrouping<string, (string? HostName, string Target, IReadOnlyList<GuestDefinition> Guests)> group in
            wanted.GroupBy(w => w.HostName ?? "", StringComparer.OrdinalIgnoreCase))
        {
            foreach (LightVMClient client in ClientsOf(group.Key.Length == 0 ? null : [group.Key]))
            {
                if (!byClient.TryGetValue(client, out List<GuestDefinition>? definitions))
                {
                    byClient.Add(client, definitions = []);
                }

                definitions.AddRange(group
                    .Where(w => ShouldProcess($"{w.Target} of image {w.Guests[0].Image} on {client.HostName}", NoStart ? "Create" : "Create and start"))
                    .SelectMany(w => w.Guests));
            }
        }

        LightVMClient[] clients = [.. byClient.Where(pair => pair.Value.Count > 0).Select(pair => pair.Key)];
        foreach (LightVMClient client in clients)
        {
            WriteVerbose($"Asking {client.HostName} to create {byClient[client].Count} guest(s){(NoStart ? "" : " and start them")}.");
        }

        ForEachHost(clients, (client, token) => CreateAsync(client, byClient[client], token));
    }

    private IEnumerable<string> Expand(string name) =>
        Count == 0 ? [name] : Enumerable.Range(1, Count).Select(i => string.Create(CultureInfo.InvariantCulture, $"{name}-{i}"));

    private GuestDefinition Define(string name) => new()
    {
        Name = name,
        Image = kernel?.Manifest.Name ?? Image,
        Memory = Memory == 0 && kernel is not null ? KernelImage.DefaultMemory(kernel.Manifest) : Memory,
        VCpuCount = VCpuCount,
        Labels = Labels is { } labels ? LabelTable.From(labels) : null,
        RestartPolicy = RestartPolicy,
        OnCrash = OnCrash,
        Affinity = Affinity,
        CpuPool = CpuPool,
        CommandLine = CommandLine,
        Adapters = NoNetwork ? [] : MyInvocation.BoundParameters.ContainsKey(nameof(NetworkAdapter)) ? NetworkAdapter ?? [] : NetworkAdapter,
        Disks = Disk is { Length: > 0 } ? Disk : null,
        Publish = Publish is { Length: > 0 } ? Publish : null,
        Arguments = Argument is { Length: > 0 } ? Argument : null,
        Environment = Environment is { Count: > 0 } environment ? LabelTable.From(environment) : null,
        Files = files is { Count: > 0 } ? files : null,
        Type = Type,
    };

    private async Task CreateAsync(LightVMClient client, IReadOnlyList<GuestDefinition> definitions, CancellationToken cancellationToken)
    {
        if (kernel is not null)
        {
            await client.Images.ImportAsync(kernel, force: false, cancellationToken).ConfigureAwait(false);
        }

        foreach (GuestDefinition[] chunk in definitions.Chunk(CreateGuestsRequest.MaxBatch))
        {
            var request = new CreateGuestsRequest { Guests = chunk, Start = !NoStart };
            IReadOnlyList<GuestResult> results = chunk.Length < OperationSize
                ? (await client.Guests.CreateAsync(request, cancellationToken).ConfigureAwait(false)).Results
                : await OperationRunner.RunAsync(
                    client,
                    "Creating guests",
                    record => TryPost(() => WriteProgress(record)),
                    progress => client.Guests.CreateAsync(request, progress, cancellationToken)).ConfigureAwait(false);
            await PostAsync(() => WriteResults(results), cancellationToken).ConfigureAwait(false);
        }
    }

    private void WriteResults(IReadOnlyList<GuestResult> results)
    {
        foreach (GuestResult result in results)
        {
            if (result.Problem is { } problem)
            {
                WriteProblem(problem, result.Target);
            }
            else
            {
                WriteObject(result.Guest);
            }
        }
    }
}
