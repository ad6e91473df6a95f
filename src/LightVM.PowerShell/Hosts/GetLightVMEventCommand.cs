using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>Gets what happened on hosts, the oldest first; with -Follow also what happens from now on, until Ctrl-C.</summary>
/// <example>
/// <code>Get-LightVMEvent -Kind GuestCrashed -Name web-*</code>
/// Shows which of the web guests crashed, and when.
/// </example>
/// <example>
/// <code>Get-LightVMEvent -Tail 10 -Follow</code>
/// Shows the last ten things that happened and goes on with what happens, until Ctrl-C.
/// </example>
[Cmdlet(VerbsCommon.Get, "LightVMEvent")]
[OutputType(typeof(Event))]
public sealed class GetLightVMEventCommand : HostCmdlet
{
    /// <summary>Names of guests, images or fleets; wildcards are permitted.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [Alias("VMName")]
    [ArgumentCompleter(typeof(GuestNameCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Kinds of events, such as GuestCrashed; wildcards are permitted.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(EventKindCompleter))]
    public string[]? Kind { get; set; }

    /// <summary>Only events after this sequence number.</summary>
    [Parameter]
    [ValidateRange(0, long.MaxValue)]
    public long After { get; set; }

    /// <summary>Of what has happened, only so many of the last.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    [Alias("Last")]
    public int Tail { get; set; }

    /// <summary>Stays, and writes events as they happen.</summary>
    [Parameter]
    [Alias("Wait")]
    public SwitchParameter Follow { get; set; }

    /// <summary>The hosts to ask; the default host otherwise.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("ComputerName")]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string[]? HostName { get; set; }

    protected override void ProcessRecord()
    {
        WildcardPattern[]? names = Patterns(Name);
        WildcardPattern[]? kinds = Patterns(Kind);
        ForEachHost(ClientsOf(HostName), async (client, token) =>
        {
            await PostAsync(() => WriteVerbose($"Asking {client.HostName} for events after {After}."), token).ConfigureAwait(false);
            // A gap is always told: what was asked for may have been in it.
            bool IsAskedFor(Event item) => item.Kind == "Gap" || (Matches(names, item.Name) && Matches(kinds, item.Kind));
            long after = After;
            if (MyInvocation.BoundParameters.ContainsKey(nameof(Tail)))
            {
                after = await WriteLastAsync(client, IsAskedFor, token).ConfigureAwait(false);
                if (!Follow)
                {
                    return;
                }
            }

            await foreach (Event item in client.Events.ReadAsync(after, Follow, token).ConfigureAwait(false))
            {
                if (IsAskedFor(item))
                {
                    await PostAsync(() => WriteObject(item), token).ConfigureAwait(false);
                }
            }
        });
    }

    /// <summary>Writes the last of what has happened; returns the number of the last event, written or not.</summary>
    private async Task<long> WriteLastAsync(LightVMClient client, Predicate<Event> isAskedFor, CancellationToken cancellationToken)
    {
        long after = After;
        var last = new Queue<Event>();
        await foreach (Event item in client.Events.ReadAsync(after, false, cancellationToken).ConfigureAwait(false))
        {
            after = item.Sequence;
            if (isAskedFor(item))
            {
                last.Enqueue(item);
            }

            if (last.Count > Tail)
            {
                last.Dequeue();
            }
        }

        await PostAsync(() => WriteObject(last, enumerateCollection: true), cancellationToken).ConfigureAwait(false);
        return after;
    }

    private static WildcardPattern[]? Patterns(string[]? texts) =>
        texts is null ? null : [.. texts.Select(text => new WildcardPattern(text, WildcardOptions.IgnoreCase))];

    private static bool Matches(WildcardPattern[]? patterns, string? text) =>
        patterns is null || (text is not null && patterns.Any(pattern => pattern.IsMatch(text)));
}
