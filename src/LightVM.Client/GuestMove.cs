namespace LightVM.Client;

/// <summary>
/// Moves guests from one host to another. This end holds a connection to each, carries the memory, and takes the durable steps one after
/// the other: received by the destination, given up by the source, started by the destination. Whatever is cut off, by whomever, goes on
/// where both hosts show that it is when it is run again. Not for several threads; one object, one guest at a time.
/// </summary>
public sealed class GuestMove(LightVMClient source, LightVMClient destination, GuestMoveOptions options)
{
    private const int BufferSize = 128 << 10;
    private static readonly TimeSpan AbortTime = TimeSpan.FromSeconds(10);

    /// <summary>Moves a guest, or brings an earlier move of it to its end.</summary>
    /// <param name="idOrName">The guest, at the source.</param>
    /// <param name="progress">Told how far the memory is.</param>
    /// <param name="cancellationToken">Calls it off, as long as the source has not given the guest up.</param>
    /// <returns>The guest, which runs at the destination.</returns>
    /// <exception cref="LightVMException">
    /// Whatever either host says against it; the guest runs on at the source then. MoveInDoubt: it does not, or nobody knows; run it again.
    /// </exception>
    public async Task<Guest> RunAsync(string idOrName, IProgress<MoveProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        // One after the other (both are known after a first time): where neither can, it is always the source of which that is told.
        await source.Moves.RequireAsync(cancellationToken).ConfigureAwait(false);
        await destination.Moves.RequireAsync(cancellationToken).ConfigureAwait(false);
        Task<Guest?> looking = FindAsync(destination, idOrName, cancellationToken);
        Guest? here = await FindAsync(source, idOrName, cancellationToken).ConfigureAwait(false);
        Guest? there = await looking.ConfigureAwait(false);
        there = here is null || there?.Id == here.Id ? there : null; // one of that name alone is another guest, which the destination refuses for
        switch (MovePlan.Next(here, there))
        {
            case MoveStep.DropThenMove:
                await destination.Moves.AbortAsync(there!.Move!.Id, cancellationToken).ConfigureAwait(false);
                break;
            case MoveStep.TakeBackThenMove:
                await source.Moves.TakeBackAsync(here!.Move!.Id, cancellationToken).ConfigureAwait(false);
                break;
            case MoveStep.Start:
                MoveToken token = await source.Moves.GiveUpAsync(here!.Move!.Id, cancellationToken).ConfigureAwait(false);
                return await StartAsync(here, here.Move.Id, token).ConfigureAwait(false);
            case MoveStep.Complete:
                return await CompleteAsync(here!, here!.Move!.Id, there!).ConfigureAwait(false);
            case MoveStep.Settle:
                await destination.Moves.SettleAsync(there!.Move!.Id, cancellationToken).ConfigureAwait(false);
                return await destination.Guests.GetAsync(there.Id, cancellationToken).ConfigureAwait(false);
            case MoveStep.NotFound:
                return await source.Guests.GetAsync(idOrName, cancellationToken).ConfigureAwait(false); // which says so
            case MoveStep.Undecided:
                throw MoveFailure.Undecided(idOrName, source, destination);
        }

        return await MoveAsync(here!, progress, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<Guest?> FindAsync(LightVMClient client, string idOrName, CancellationToken cancellationToken)
    {
        try
        {
            return await client.Guests.GetAsync(idOrName, cancellationToken).ConfigureAwait(false);
        }
        catch (LightVMException e) when (e.Problem.Code == ErrorCodes.GuestNotFound)
        {
            return null;
        }
    }

    private async Task<Guest> MoveAsync(Guest guest, IProgress<MoveProgress>? progress, CancellationToken cancellationToken)
    {
        await CheckAsync(guest, cancellationToken).ConfigureAwait(false);
        var move = Guid.NewGuid();
        MoveToken token;
        try
        {
            token = await CarryAsync(guest, move, progress, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not LightVMException { Problem.Code: ErrorCodes.MoveInDoubt })
        {
            await CallOffAsync(move).ConfigureAwait(false);
            throw;
        }

        return await StartAsync(guest, move, token).ConfigureAwait(false);
    }

    /// <summary>All that can be refused is refused before anything is changed.</summary>
    private async Task CheckAsync(Guest guest, CancellationToken cancellationToken)
    {
        MoveOffer offer = await source.Moves.OfferAsync(guest.Id, cancellationToken).ConfigureAwait(false);
        var check = new MoveCheck { Offer = offer, AcceptNewAddress = options.AcceptNewAddress, SharedDisks = options.SharedDisks };
        MoveVerdict verdict = await destination.Moves.CheckAsync(check, cancellationToken).ConfigureAwait(false);
        if (verdict.NeedsImage)
        {
            await destination.Images.CopyAsync(source.Images, offer.Guest.Image, offer.Guest.ImageDigest!, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The first two steps: received by the destination, given up by the source.</summary>
    private async Task<MoveToken> CarryAsync(Guest guest, Guid move, IProgress<MoveProgress>? progress, CancellationToken cancellationToken)
    {
        using MoveStream to = await destination.Moves.OpenReceiveAsync(move, guest, source.HostName, options, cancellationToken).ConfigureAwait(false);
        using MoveStream from = await source.Moves.OpenSendAsync(move, guest, destination.HostName, cancellationToken).ConfigureAwait(false);
        Task<MoveEnd> received = to.ReadEndAsync(cancellationToken);
        try
        {
            await CopyAsync(from, to, received, progress, cancellationToken).ConfigureAwait(false);
        }
        catch (LightVMException) when (received.IsCompletedSuccessfully && received.Result.Problem is not null)
        {
            // It broke because the destination had said why: that is what is told.
        }

        if ((await received.ConfigureAwait(false)).Problem is { } problem)
        {
            throw new LightVMException(problem);
        }

        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return await source.Moves.GiveUpAsync(move, CancellationToken.None).ConfigureAwait(false);
        }
        catch (LightVMException e) when (e.Problem.Code != ErrorCodes.MoveNotFound)
        {
            throw MoveFailure.InDoubt(guest, source, destination, e);
        }
    }

    /// <summary>Hands the source's messages on as they are, and the end; stops when the destination has said its last word.</summary>
    private static async Task CopyAsync(
        MoveStream from, MoveStream to, Task<MoveEnd> received, IProgress<MoveProgress>? progress, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[BufferSize];
        while (!received.IsCompleted)
        {
            MovePiece piece = await from.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (piece.End is { } end)
            {
                throw new LightVMException(end.Problem ?? MoveFailure.EndedEarly);
            }

            if (piece.Progress is { } told)
            {
                progress?.Report(told);
                if (told.Sent)
                {
                    await to.WriteAsync(ReadOnlyMemory<byte>.Empty, true, cancellationToken).ConfigureAwait(false);
                    return;
                }
            }
            else
            {
                await to.WriteAsync(buffer.AsMemory(0, piece.Count), piece.EndOfMessage, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The third step. It is not called off any more: the source has given the guest up.</summary>
    private async Task<Guest> StartAsync(Guest guest, Guid move, MoveToken token)
    {
        Guest started;
        try
        {
            started = await destination.Moves.StartAsync(move, new MoveStart { Token = token.Token }).ConfigureAwait(false);
        }
        catch (LightVMException e)
        {
            try
            {
                // Only what the destination has dropped for certain goes on at the source.
                await destination.Moves.AbortAsync(move).ConfigureAwait(false);
                await source.Moves.TakeBackAsync(move).ConfigureAwait(false);
            }
            catch (LightVMException)
            {
                throw MoveFailure.InDoubt(guest, source, destination, e);
            }

            throw;
        }

        return await CompleteAsync(guest, move, started).ConfigureAwait(false);
    }

    private async Task<Guest> CompleteAsync(Guest guest, Guid move, Guest started)
    {
        try
        {
            await source.Moves.CompleteAsync(move).ConfigureAwait(false);
            await destination.Moves.SettleAsync(move).ConfigureAwait(false);
            return started;
        }
        catch (LightVMException e)
        {
            throw MoveFailure.NotSettled(guest, source, destination, e);
        }
    }

    /// <summary>Nothing is left of it on either host, as far as they answer; what they do without that is in docs/migration.md.</summary>
    private async Task CallOffAsync(Guid move)
    {
        using var limit = new CancellationTokenSource(AbortTime);
        await Task.WhenAll(CallOffAsync(destination, move, limit.Token), CallOffAsync(source, move, limit.Token)).ConfigureAwait(false);
    }

    private static async Task CallOffAsync(LightVMClient client, Guid move, CancellationToken cancellationToken)
    {
        try
        {
            await client.Moves.AbortAsync(move, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is LightVMException or OperationCanceledException)
        {
            // MoveNotFound as a rule: it has seen the connection end. An unreachable host does the same by itself.
            System.Diagnostics.Trace.TraceInformation($"{client.HostName}: move {move} was not called off: {e.Message}");
        }
    }
}
