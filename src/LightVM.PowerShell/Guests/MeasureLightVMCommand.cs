using System.Collections;
using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>
/// Measures what guests use: processor time, memory, what their adapters and disks have carried; with -Interval also how much of it in a
/// second. Each host is asked once, however many guests there are.
/// </summary>
/// <example>
/// <code>Measure-LightVM</code>
/// Shows what all guests of the default host use, in total.
/// </example>
/// <example>
/// <code>Measure-LightVM web-* -Interval 00:00:02 | Sort-Object CpuPercent -Descending</code>
/// Measures twice, two seconds apart, and shows who was busiest between.
/// </example>
/// <example>
/// <code>Get-LightVM -HostName xen1, xen2 | Measure-LightVM | Measure-Object Memory -Sum</code>
/// Adds up the memory that the guests of two hosts have.
/// </example>
[Cmdlet(VerbsDiagnostic.Measure, "LightVM", DefaultParameterSetName = VMSet)]
[OutputType(typeof(GuestMeasurement))]
public sealed class MeasureLightVMCommand : HostCmdlet
{
    private const string VMSet = "VM";
    private const string NameSet = "Name";
    private const string RatesType = "LightVM.GuestMeasurement#Rates";

    // Beyond this many names the list of all guests is shorter than the question.
    private const int NamesInQuery = 64;

    private static readonly TimeSpan LeastInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MostInterval = TimeSpan.FromHours(1);

    private readonly Dictionary<LightVMClient, Wanted> wanted = [];

    /// <summary>Guests, as Get-LightVM and New-LightVM write them; all of the host otherwise.</summary>
    [Parameter(ValueFromPipeline = true, ParameterSetName = VMSet)]
    [ValidateNotNullOrEmpty]
    [Alias("InputObject")]
    public Guest[]? VM { get; set; }

    /// <summary>Names of guests; wildcards are permitted.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [Alias("VMName")]
    [ArgumentCompleter(typeof(GuestNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Only guests that have all these labels, such as @{ tier = 'front' }.</summary>
    [Parameter]
    [ValidateNotNull]
    [Alias("Label")]
    public Hashtable? Labels { get; set; }

    /// <summary>Measures a second time after this long, such as 00:00:02, and shows rates between the two.</summary>
    [Parameter]
    public TimeSpan Interval { get; set; }

    /// <summary>The hosts to look on, as this session names them or as Connect-LightVMHost takes them; the default host otherwise.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = VMSet)]
    [ValidateNotNullOrEmpty]
    [Alias("ComputerName")]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string[]? HostName { get; set; }

    protected override void BeginProcessing()
    {
        // A bare number would be ticks.
        if (MyInvocation.BoundParameters.ContainsKey(nameof(Interval)) && (Interval < LeastInterval || Interval > MostInterval))
        {
            ThrowProblem(new LightVMException(
                ErrorCodes.InvalidArgument,
                $"An interval of {Interval} is not possible: it is from 0.1 seconds to an hour.",
                nameof(Interval),
                "Give it as hours:minutes:seconds, such as 00:00:02, or as (New-TimeSpan -Seconds 2)."));
        }
    }

    protected override void ProcessRecord()
    {
        if (VM is { } guests)
        {
            foreach (IGrouping<string?, Guest> group in guests.GroupBy(guest => guest.HostName))
            {
                foreach (Wanted host in Of(group.Key is { } name ? [name] : HostName))
                {
                    host.Guests.AddRange(group);
                }
            }

            return;
        }

        foreach (Wanted host in Of(HostName))
        {
            host.Names.AddRange(ParameterSetName == NameSet ? Name : ["*"]);
        }
    }

    protected override void EndProcessing() => ForEachHost([.. wanted.Keys], async (client, token) =>
    {
        await PostAsync(() => WriteVerbose($"Asking {client.HostName} what guests use."), token).ConfigureAwait(false);
        Wanted host = wanted[client];
        GuestQuery query = QueryOf(host);
        IReadOnlyList<GuestMeasurement> measured = await client.Measurements.GetAsync(query, token).ConfigureAwait(false);
        if (Interval > TimeSpan.Zero)
        {
            Dictionary<Guid, GuestMeasurement> earlier = measured.ToDictionary(measurement => measurement.Id);
            await Task.Delay(Interval, token).ConfigureAwait(false);
            measured = await client.Measurements.GetAsync(query, token).ConfigureAwait(false);
            foreach (GuestMeasurement measurement in measured)
            {
                if (earlier.TryGetValue(measurement.Id, out GuestMeasurement? before))
                {
                    measurement.SetRates(before);
                }
            }
        }

        await PostAsync(() => Write(client, host, measured), token).ConfigureAwait(false);
    });

    private List<Wanted> Of(IReadOnlyList<string>? hostNames)
    {
        var hosts = new List<Wanted>();
        foreach (LightVMClient client in ClientsOf(hostNames))
        {
            if (!wanted.TryGetValue(client, out Wanted? host))
            {
                wanted.Add(client, host = new Wanted());
            }

            hosts.Add(host);
        }

        return hosts;
    }

    private static GuestQuery QueryOf(Wanted host)
    {
        IReadOnlyList<string> globs = new GuestNames([.. host.Names, .. host.Guests.Select(guest => guest.Name)]).ToGlobs();
        return new GuestQuery { Names = globs.Count <= NamesInQuery && !globs.Contains("*") ? globs : [] };
    }

    private void Write(LightVMClient client, Wanted host, IReadOnlyList<GuestMeasurement> measured)
    {
        Dictionary<Guid, GuestMeasurement> byId = measured.ToDictionary(measurement => measurement.Id);
        (IReadOnlyList<GuestMeasurement> found, IReadOnlyList<string> missing) = new GuestNames(host.Names).Match(measured, measurement => measurement.Name);
        IReadOnlyDictionary<string, string>? labels = Labels is { } given ? LabelTable.From(given) : null;
        foreach (GuestMeasurement measurement in host.Guests.Select(guest => byId.GetValueOrDefault(guest.Id)).OfType<GuestMeasurement>().Concat(found).Distinct())
        {
            if (LabelTable.Matches(labels, measurement.Labels))
            {
                var shown = PSObject.AsPSObject(measurement);
                if (Interval > TimeSpan.Zero)
                {
                    shown.TypeNames.Insert(0, RatesType); // a view of its own
                }

                WriteObject(shown);
            }
        }

        foreach (string name in missing.Concat(host.Guests.Where(guest => !byId.ContainsKey(guest.Id)).Select(guest => guest.Name)))
        {
            WriteProblem(GuestSearch.NotFound(client.HostName, name), name);
        }
    }

    private sealed class Wanted
    {
        public List<Guest> Guests { get; } = [];

        public List<string> Names { get; } = [];
    }
}
