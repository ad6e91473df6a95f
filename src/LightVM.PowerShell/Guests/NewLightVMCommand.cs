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
/// <code>Import-Csv guests.csv | New-LightVM</code>
/// Creates one for each row; the columns are named as the parameters.
/// </example>
[Cmdlet(VerbsCommon.New, "LightVM", SupportsShouldProcess = true)]
[OutputType(typeof(Guest))]
public sealed class NewLightVMCommand : HostCmdlet
{
    // A batch of this size and more runs as an operation of the daemon, which tells its progress and can be canceled.
    private const int OperationSize = 8;

    private readonly List<(string? HostName, string Target, IReadOnlyList<GuestDefinition> Guests)> wanted = [];

    /// <summary>Names of the new guests: lower-case letters, digits and -, unique on the host.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("VMName")]
    public string[] Name { get; set; } = [];

    /// <summary>The image that they are made from.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ImageNameCompleter))]
    public string Image { get; set; } = "";

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
        Image = Image,
        Memory = Memory,
        VCpuCount = VCpuCount,
        Labels = Labels is { } labels ? LabelTable.From(labels) : null,
        RestartPolicy = RestartPolicy,
        OnCrash = OnCrash,
        Affinity = Affinity,
        CpuPool = CpuPool,
        CommandLine = CommandLine,
    };

    private async Task CreateAsync(LightVMClient client, IReadOnlyList<GuestDefinition> definitions, CancellationToken cancellationToken)
    {
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
