using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>A cmdlet that gives each of some guests a device; hot where they run. Silent unless -PassThru.</summary>
public abstract class AddDeviceCmdlet : GuestCmdlet
{
    private const int AtOnce = 16;

    /// <summary>Writes what was added.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>What -WhatIf and -Confirm call it, such as <c>Add adapter on back</c>.</summary>
    protected abstract string Operation { get; }

    private protected abstract Task<object> AddAsync(LightVMClient client, Guest guest, CancellationToken cancellationToken);

    protected override void Process(IReadOnlyList<Guest> guests)
    {
        ArgumentNullException.ThrowIfNull(guests);
        IReadOnlyList<(LightVMClient Client, IReadOnlyList<Guest> Guests)> groups =
            ByHost(guests.Where(guest => ShouldProcess($"guest {guest.Name} on {guest.HostName}", Operation)).ToList());
        ForEachHost([.. groups.Select(group => group.Client)], (client, token) => Parallel.ForEachAsync(
            groups.First(group => group.Client == client).Guests,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = token },
            async (guest, cancellation) =>
            {
                try
                {
                    object added = await AddAsync(client, guest, cancellation).ConfigureAwait(false);
                    if (PassThru)
                    {
                        await PostAsync(() => WriteObject(added), cancellation).ConfigureAwait(false);
                    }
                }
                catch (LightVMException e) when (e.Problem.Code is not (ErrorCodes.HostUnreachable or ErrorCodes.AccessDenied))
                {
                    await PostAsync(() => WriteProblem(e, guest), cancellation).ConfigureAwait(false);
                }
            }));
    }
}
