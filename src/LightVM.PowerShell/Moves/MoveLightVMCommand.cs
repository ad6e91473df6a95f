using System.Globalization;
using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>
/// Moves running guests to another host: memory, name, id, MAC and console of what comes; disks stay where they are. A move that was cut
/// off goes on, or is called off, when it is run again.
/// </summary>
/// <example>
/// <code>Move-LightVM web-1 -Destination xen2</code>
/// Moves it from the default host to xen2, over this session's connections to both.
/// </example>
/// <example>
/// <code>Get-LightVM web-* -HostName xen1 | Move-LightVM -Destination xen2 -AcceptNewAddress -PassThru</code>
/// Moves the web guests of xen1, which get other addresses there, and writes them as they are on xen2.
/// </example>
[Cmdlet(VerbsCommon.Move, "LightVM", SupportsShouldProcess = true, DefaultParameterSetName = VMSet)]
[OutputType(typeof(Guest), typeof(CommandJob))]
public sealed class MoveLightVMCommand : GuestCmdlet
{
    private readonly List<(LightVMClient Client, string Name)> unknown = [];
    private int moves;

    /// <summary>The host to move them to, as this session names it or as Connect-LightVMHost takes it.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    [Alias("DestinationHost")]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string Destination { get; set; } = "";

    /// <summary>Adapters get other addresses where their network is not the same layer 2 on both hosts; without, that is NetworkMismatch.</summary>
    [Parameter]
    public SwitchParameter AcceptNewAddress { get; set; }

    /// <summary>Disks lie on storage that both hosts share, under the same paths; without, guests with disks are refused (DiskNotShared).</summary>
    [Parameter]
    public SwitchParameter SharedDisk { get; set; }

    /// <summary>Runs it as a job, which is written at once: Wait-Job, Receive-Job, Stop-Job.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <summary>Writes the guests as they are at the destination.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void EndProcessing()
    {
        base.EndProcessing();
        if (AsJob)
        {
            foreach (IGrouping<LightVMClient, string> group in unknown.GroupBy(one => one.Client, one => one.Name))
            {
                WriteJob(group.Key, [.. group]);
            }

            return;
        }

        foreach ((LightVMClient client, string name) in unknown)
        {
            // A move of it may have come to its end but for the last word.
            Move(client, name, name);
        }
    }

    protected override void OnMissing(LightVMClient client, IReadOnlyList<string> missing)
    {
        ArgumentNullException.ThrowIfNull(missing);
        unknown.AddRange(missing.Select(name => (client, name)));
    }

    protected override void Process(IReadOnlyList<Guest> guests)
    {
        if (AsJob)
        {
            WriteJob(guests);
            return;
        }

        foreach ((LightVMClient client, IReadOnlyList<Guest> members) in ByHost(guests))
        {
            foreach (Guest guest in members)
            {
                Move(client, guest.Id.ToString(), guest.Name);
            }
        }
    }

    private void Move(LightVMClient source, string id, string name)
    {
        try
        {
            LightVMClient destination = ClientOf(Destination);
            if (destination == source)
            {
                throw new LightVMException(
                    ErrorCodes.InvalidArgument, $"Guest '{name}' is on '{destination.HostName}' already.", name, "Give another host as -Destination.");
            }

            if (!ShouldProcess($"guest {name} on {source.HostName}", $"Move to {destination.HostName}"))
            {
                return;
            }

            WriteVerbose($"Moving guest {name} from {source.HostName} to {destination.HostName}.");
            Guest moved = Run(token => RunAsync(source, destination, id, name, token));
            if (PassThru)
            {
                WriteObject(moved);
            }
        }
        catch (LightVMException e)
        {
            WriteProblem(e, name);
        }
    }

    private async Task<Guest> RunAsync(LightVMClient source, LightVMClient destination, string id, string name, CancellationToken cancellationToken)
    {
        int activity = ++moves;
        var move = new GuestMove(source, destination, new GuestMoveOptions { AcceptNewAddress = AcceptNewAddress, SharedDisks = SharedDisk });
        var shown = new ProgressSink(this, activity, $"Moving guest {name} to {destination.HostName}");
        try
        {
            return await move.RunAsync(id, shown, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            shown.Complete();
        }
    }

    /// <summary>Shows how far a move is; nothing where it is over before there is something to see.</summary>
    private sealed class ProgressSink(MoveLightVMCommand command, int id, string activity) : IProgress<MoveProgress>
    {
        private bool any;

        public void Report(MoveProgress value)
        {
            any = true;
            string round = value.Round > 0 ? string.Create(CultureInfo.InvariantCulture, $"round {value.Round}, ") : "";
            string text = value.Sent
                ? "sent"
                : string.Create(CultureInfo.InvariantCulture, $"{round}{value.DoneBytes >> 20} of {value.TotalBytes >> 20} MB");
            int percent = value.Sent ? 100 : value.TotalBytes > 0 ? (int)Math.Clamp(100 * value.DoneBytes / value.TotalBytes, 0, 100) : -1;
            var record = new ProgressRecord(id, activity, text) { PercentComplete = percent };
            command.TryPost(() => command.WriteProgress(record));
        }

        public void Complete()
        {
            if (any)
            {
                var record = new ProgressRecord(id, activity, "done") { RecordType = ProgressRecordType.Completed };
                command.TryPost(() => command.WriteProgress(record));
            }
        }
    }
}
