using System.Text.RegularExpressions;
using LightVM.Client;

namespace LightVM.Tinyx;

/// <summary>Tries an image: guests of it on a host, under a name of their own. Disposing it leaves nothing of it on the host.</summary>
public sealed partial class ImageTrial : IAsyncDisposable
{
    private const int ConsoleLines = 8;
    private const int StopTimeoutMs = 30_000;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);
    internal static readonly TimeSpan CleaningTime = TimeSpan.FromSeconds(30);

    private readonly LightVMClient client;
    private readonly Image image;

    private ImageTrial(LightVMClient client, Image image) => (this.client, this.image) = (client, image);

    /// <summary>Brings an image to a host.</summary>
    /// <param name="client">The host.</param>
    /// <param name="directory">The image's.</param>
    /// <param name="leastMemory">Bytes, in place of what the image says; null: that.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="LightVMException">As ImportAsync throws it.</exception>
    public static async Task<ImageTrial> BeginAsync(LightVMClient client, string directory, long? leastMemory, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        ImageDirectory image = await ImageDirectory.ReadAsync(directory, cancellationToken).ConfigureAwait(false);
        string name = $"tinyx-trial-{Guid.NewGuid():n}"[..24];
        return new ImageTrial(client, await client.Images.ImportAsync(image.As(name, leastMemory), false, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>What a guest of the image is to be, for <see cref="RunAsync"/>.</summary>
    /// <param name="Memory">Bytes; 0: the image's least.</param>
    /// <param name="Type">Null: as the host chooses.</param>
    /// <param name="Patience">How long the tests may fail before the guest has failed.</param>
    /// <param name="Platform">Whether it has also to do what every guest does: <see cref="PlatformTest"/>; its own tests run again after that.</param>
    /// <param name="Disks">Whether that goes for disks too.</param>
    public sealed record Guests(long Memory = 0, GuestType? Type = null, TimeSpan Patience = default, bool Platform = false, bool Disks = false);

    /// <summary>Boots a guest, runs the tests one after the other, has the guest shut down.</summary>
    /// <returns>Null: all passed and it ended in order. Otherwise what did not, with the end of its console.</returns>
    /// <exception cref="LightVMException">The host cannot be reached, or has no room: nothing is known of the image then.</exception>
    public async Task<string?> RunAsync(Guests wanted, IReadOnlyList<IImageTest> tests, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        ArgumentNullException.ThrowIfNull(tests);
        var request = new CreateGuestsRequest
        {
            Guests = [new GuestDefinition { Name = image.Name, Image = image.Name, Memory = wanted.Memory, Type = wanted.Type, RestartPolicy = RestartPolicy.Never }],
        };
        try
        {
            GuestResult made = (await client.Guests.CreateAsync(request, cancellationToken).ConfigureAwait(false)).Results[0];
            if (made.Problem is { } problem)
            {
                // A kernel that does not fit into that memory is the image's fault; a host without room is not.
                return problem.Code is ErrorCodes.InvalidArgument or ErrorCodes.XenError or ErrorCodes.StartTimeout or ErrorCodes.ImageInvalid ? problem.Detail : throw new LightVMException(problem);
            }

            Guest guest = made.Guest!;
            var platform = wanted.Platform ? new PlatformTest(client, image, wanted.Disks) : null;
            string? failure = await TestsAsync(tests, guest, wanted.Patience, cancellationToken).ConfigureAwait(false);
            if (platform is not null)
            {
                failure ??= await platform.RunAsync(guest, cancellationToken).ConfigureAwait(false)
                    ?? await TestsAsync(tests, guest, wanted.Patience, cancellationToken).ConfigureAwait(false);
            }

            if (failure is not null)
            {
                return $"{failure}{await ConsoleAsync(guest, cancellationToken).ConfigureAwait(false)}";
            }

            return await EndAsync(guest, cancellationToken).ConfigureAwait(false)
                ?? (platform is null ? null : await platform.ConsoleAsync(guest, PlatformTest.ConsoleEnd, cancellationToken).ConfigureAwait(false));
        }
        finally
        {
            await RemoveGuestAsync().ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(CleaningTime);
        await client.Images.RemoveAsync(image.Name, limit.Token).ConfigureAwait(false);
    }

    private async Task<string?> TestsAsync(IReadOnlyList<IImageTest> tests, Guest guest, TimeSpan patience, CancellationToken cancellationToken)
    {
        string? failure = null;
        foreach (IImageTest test in tests)
        {
            failure ??= await TryAsync(test, guest, patience, cancellationToken).ConfigureAwait(false);
        }

        return failure;
    }

    private async Task<string?> TryAsync(IImageTest test, Guest guest, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        time.CancelAfter(patience);
        string failure = "the test did not end";
        try
        {
            while (true)
            {
                guest = await client.Guests.GetAsync(guest.Id, time.Token).ConfigureAwait(false);
                if (guest.State is not (GuestState.Running or GuestState.Starting) || guest.RestartCount > 0)
                {
                    return $"the guest ended by itself ({guest.EndReason})";
                }

                string? now = await AttemptAsync(test, guest, time.Token).ConfigureAwait(false);
                if (now is null)
                {
                    return null;
                }

                failure = now;
                await Task.Delay(Pause, time.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"{failure} (for {patience.TotalSeconds:0} seconds)";
        }
    }

    private async Task<string?> AttemptAsync(IImageTest test, Guest guest, CancellationToken cancellationToken)
    {
        try
        {
            return await test.TryAsync(client, guest, cancellationToken).ConfigureAwait(false);
        }
        catch (LightVMException e) when (e.Problem.Code is ErrorCodes.InvalidState or ErrorCodes.HostUnreachable or ErrorCodes.WaitTimeout)
        {
            return e.Message; // nothing listens at the port yet, or nobody answers
        }
    }

    /// <summary>A guest that passed has also to end when it is asked to, and not to have lost a process for want of memory.</summary>
    private async Task<string?> EndAsync(Guest guest, CancellationToken cancellationToken)
    {
        var stop = new GuestActionRequest { Action = GuestAction.Stop, Ids = [guest.Id], TimeoutMs = StopTimeoutMs };
        Problem? problem = (await client.Guests.ActAsync(stop, cancellationToken).ConfigureAwait(false)).Results[0].Problem;
        string console = await ConsoleAsync(guest, cancellationToken).ConfigureAwait(false);
        return problem is not null ? $"the guest does not shut down: {problem.Detail}{console}"
            : MemoryWords().IsMatch(console) ? $"the guest had too little memory{console}"
            : null;
    }

    private async Task<string> ConsoleAsync(Guest guest, CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        await foreach (ConsoleLine line in client.Console.ReadAsync(guest.Id, cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            lines.Add(line.Text);
        }

        // What tells of a want of memory stays, however much came after it.
        string[] shown = [.. lines.Where(l => MemoryWords().IsMatch(l)).Take(1), .. lines.TakeLast(ConsoleLines)];
        return shown.Length == 0 ? "; its console is empty" : $"; its console: {string.Join(" | ", shown.Distinct())}";
    }

    private async Task RemoveGuestAsync()
    {
        using var limit = new CancellationTokenSource(CleaningTime);
        await client.Guests.ActAsync(new GuestActionRequest { Action = GuestAction.Remove, Names = [image.Name] }, limit.Token).ConfigureAwait(false);
    }

    [GeneratedRegex("Out of memory|oom-kill|page allocation failure", RegexOptions.IgnoreCase)]
    private static partial Regex MemoryWords();
}
