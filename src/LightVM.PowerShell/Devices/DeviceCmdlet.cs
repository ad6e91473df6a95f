using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>A cmdlet on existing devices: of guests that are given as objects or by name, chosen by -Id; or devices given as objects (set Device).</summary>
public abstract class DeviceCmdlet : GuestCmdlet
{
    protected const string DeviceSet = "Device";
    private const int AtOnce = 16;

    private readonly List<(string HostName, string GuestName, int Id)> given = [];

    /// <summary>Numbers of the guest's devices, as the Get cmdlet shows them.</summary>
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = VMSet)]
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [ValidateRange(0, int.MaxValue)]
    public int[] Id { get; set; } = [];

    /// <summary><c>adapter</c> or <c>disk</c>.</summary>
    protected abstract string Kind { get; }

    /// <summary>What -WhatIf and -Confirm call it, such as <c>Remove</c>.</summary>
    protected abstract string Operation { get; }

    /// <summary>The devices of this record, in the set Device.</summary>
    private protected abstract IEnumerable<(string? HostName, string? GuestName, int Id)> Given { get; }

    /// <summary>Does it, on any thread; what it returns is written if it is not null.</summary>
    private protected abstract Task<object?> ActAsync(LightVMClient client, Guest guest, int id, CancellationToken cancellationToken);

    protected override void ProcessRecord()
    {
        if (ParameterSetName != DeviceSet)
        {
            base.ProcessRecord();
            return;
        }

        foreach ((string? hostName, string? guestName, int id) in Given)
        {
            AddDevice(hostName, guestName, id);
        }
    }

    private void AddDevice(string? hostName, string? guestName, int id)
    {
        if (guestName is null)
        {
            WriteProblem(new LightVMException(
                ErrorCodes.InvalidArgument, $"The {Kind} {id} does not say of which guest it is.", null,
                $"Take it from Get-LightVM{(Kind == "disk" ? "Disk" : "NetworkAdapter")}."));
            return;
        }

        given.Add((hostName ?? "", guestName, id));
        AddName(hostName, guestName);
    }

    protected override void Process(IReadOnlyList<Guest> guests)
    {
        ArgumentNullException.ThrowIfNull(guests);
        var chosen = new Dictionary<Guest, int[]>(ReferenceEqualityComparer.Instance);
        foreach (Guest guest in guests)
        {
            int[] ids = [.. IdsOf(guest).Distinct().Where(id => ShouldProcess($"{Kind} {id} of guest {guest.Name} on {guest.HostName}", Operation))];
            if (ids.Length > 0)
            {
                chosen.Add(guest, ids);
            }
        }

        IReadOnlyList<(LightVMClient Client, IReadOnlyList<Guest> Guests)> groups = ByHost(chosen.Keys);
        ForEachHost([.. groups.Select(group => group.Client)], (client, token) => Parallel.ForEachAsync(
            groups.First(group => group.Client == client).Guests,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = token },
            async (guest, cancellation) => await EachAsync(client, guest, chosen[guest], cancellation).ConfigureAwait(false)));
    }

    private IEnumerable<int> IdsOf(Guest guest) => ParameterSetName == DeviceSet
        ? given.Where(device => device.GuestName == guest.Name
            && (device.HostName.Length == 0 || device.HostName.Equals(guest.HostName, StringComparison.OrdinalIgnoreCase))).Select(device => device.Id)
        : Id;

    private async Task EachAsync(LightVMClient client, Guest guest, int[] ids, CancellationToken cancellationToken)
    {
        foreach (int id in ids)
        {
            try
            {
                if (await ActAsync(client, guest, id, cancellationToken).ConfigureAwait(false) is { } result)
                {
                    await PostAsync(() => WriteObject(result), cancellationToken).ConfigureAwait(false);
                }
            }
            catch (LightVMException e) when (e.Problem.Code is not (ErrorCodes.HostUnreachable or ErrorCodes.AccessDenied))
            {
                await PostAsync(() => WriteProblem(e, guest), cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
