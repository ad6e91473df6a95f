using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>A cmdlet that reads the devices of guests as they are now.</summary>
public abstract class GetDeviceCmdlet : GuestCmdlet
{
    // Beyond this many guests of a host, one list of all of them costs less than a request for each.
    private const int OneByOne = 16;

    /// <summary>Only devices of these numbers.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public int[]? Id { get; set; }

    /// <summary>Asks the data plane what each has done: bytes, requests, what was dropped.</summary>
    [Parameter]
    public SwitchParameter Counters { get; set; }

    private protected abstract Task<IReadOnlyList<object>> ReadAsync(LightVMClient client, Guest guest, CancellationToken cancellationToken);

    /// <summary>Those that the guest itself shows.</summary>
    private protected abstract IReadOnlyList<object> Of(Guest guest);

    private protected abstract int IdOf(object device);

    protected override void Process(IReadOnlyList<Guest> guests)
    {
        IReadOnlyList<(LightVMClient Client, IReadOnlyList<Guest> Guests)> groups = ByHost(guests);
        ForEachHost([.. groups.Select(group => group.Client)], async (client, token) =>
        {
            IReadOnlyList<Guest> members = groups.First(group => group.Client == client).Guests;
            if (members.Count > OneByOne && !Counters)
            {
                HashSet<Guid> ids = [.. members.Select(guest => guest.Id)];
                foreach (Guest guest in (await client.Guests.ListAsync(null, token).ConfigureAwait(false)).Where(guest => ids.Contains(guest.Id)))
                {
                    await WriteAsync(Of(guest), token).ConfigureAwait(false);
                }

                return;
            }

            var read = new IReadOnlyList<object>[members.Count];
            await Parallel.ForAsync(
                0, members.Count, new ParallelOptions { MaxDegreeOfParallelism = OneByOne, CancellationToken = token },
                async (i, cancellation) => read[i] = await ReadOneAsync(client, members[i], cancellation).ConfigureAwait(false)).ConfigureAwait(false);
            foreach (IReadOnlyList<object> devices in read)
            {
                await WriteAsync(devices, token).ConfigureAwait(false);
            }
        });
    }

    private async Task<IReadOnlyList<object>> ReadOneAsync(LightVMClient client, Guest guest, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadAsync(client, guest, cancellationToken).ConfigureAwait(false);
        }
        catch (LightVMException e) when (e.Problem.Code == ErrorCodes.GuestNotFound)
        {
            await PostAsync(() => WriteProblem(e, guest), cancellationToken).ConfigureAwait(false);
            return [];
        }
    }

    private ValueTask WriteAsync(IReadOnlyList<object> devices, CancellationToken cancellationToken) => PostAsync(
        () => WriteObject(devices.Where(device => Id is null || Id.Contains(IdOf(device))).ToList(), enumerateCollection: true), cancellationToken);
}
