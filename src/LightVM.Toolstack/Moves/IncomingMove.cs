using System.IO.Pipes;
using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>
/// One guest on its way here. Its header comes first, and takes name, id, addresses and ports; its memory goes to Xen as it comes, and
/// counts for nothing before all of it is verified.
/// </summary>
internal sealed class IncomingMove(
    ToolstackParts parts, GuestStarter starter, GuestRestorer restorer, MoveChecks checks, IncomingMove.Terms terms, Action ended) : IIncomingMove
{
    private const int PipeSize = 256 << 10;
    private static readonly byte[] Zeros = new byte[64 << 10];
    private readonly CheckpointVerifier _verifier = new(null);
    private readonly CancellationTokenSource _off = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SaveProgress _progress = new();
    private ManagedGuest? _guest;
    private AnonymousPipeServerStream? _pipe;
    private Task<RestoredGuest>? _restoring;
    private bool _received;
    private bool _isRead;

    /// <summary>Completes when its guest is received, or nothing of it is left.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Gives all back that a guest has taken which has no domain any more.</summary>
    public static void Forget(ToolstackParts parts, ManagedGuest guest)
    {
        parts.Records.Delete([guest]);
        parts.Resources.Release(guest);
        parts.Guests.Remove(guest);
        parts.Logs.Delete(guest.Id);
        guest.Signal();
    }

    public void CallOff() => _off.Cancel();

    public void Append(ReadOnlySpan<byte> message) => SparseBytes.Decode(message, Zeros, Take);

    public async Task CompleteAsync()
    {
        _verifier.Complete();
        if (_restoring is null)
        {
            throw CheckpointFormat.Invalid(null, "it has no memory");
        }

        RestoredGuest restored = await RestoredAsync().ConfigureAwait(false);
        if (_off.IsCancellationRequested)
        {
            throw Problems.Canceled(_guest!.Name);
        }

        ManagedGuest guest = _guest!;
        Life life = Life.From(restored.Layout);
        parts.Logs.BeginLife(guest.Id, life.Domain, restored.ConsoleIndex).Dispose();
        guest.Update(record => starter.Running(record, life, startupTime: null, isFilled: true) with
        {
            State = GuestState.Incoming,
            DesiredRunning = false,
            Confirmed = true,
            Move = record.Move! with { Phase = MovePhase.Received },
        });
        parts.Records.Save(guest);
        _received = true;
        guest.Gate.Release();
        guest.Signal();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_received)
        {
            await UndoAsync().ConfigureAwait(false);
        }

        if (_pipe is not null)
        {
            await _pipe.DisposeAsync().ConfigureAwait(false);
        }

        _progress.Dispose();
        _off.Dispose();
        ended();
        _ended.TrySetResult();
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        if (_off.IsCancellationRequested)
        {
            throw Problems.Canceled(_guest?.Name ?? terms.Move.ToString("D"));
        }

        long at = _verifier.Length;
        _verifier.Append(bytes);
        if (_guest is null && _verifier.Header is { } json)
        {
            CheckpointHeader header = CheckpointHeader.Parse(json.Span, null);
            Reserve(header);
            BeginRestore(header);
        }

        if (_pipe is null)
        {
            return;
        }

        long skip = Math.Max(_verifier.MemoryOffset - at, 0);
        if (skip < bytes.Length && !_isRead)
        {
            try
            {
                _pipe.Write(bytes[(int)skip..]);
            }
            catch (IOException)
            {
                // Who reads has ended: because of what it read, which is said here, or since it has all; the trailer is for the verifier.
                _ = RestoredAsync().GetAwaiter().GetResult();
                _isRead = true;
            }
        }
    }

    private void Reserve(CheckpointHeader header)
    {
        GuestRecord sent = header.Guest;
        if (!MoveProof.IsProof(header.MoveProof))
        {
            throw CheckpointFormat.Invalid(sent.Name, "it is none of a move");
        }

        checks.RequireFree(sent.Name, sent.Id);
        checks.RequireImage(sent.Name, sent.Image, sent.ImageDigest);
        MoveChecks.CheckDisks(sent.Name, [.. header.Disks.Select(MoveChecks.ToMoveDisk)], terms.SharedDisks);
        var guest = new ManagedGuest(sent with
        {
            Confirmed = false,
            BootId = parts.BootId,
            State = GuestState.Incoming,
            Fleet = null,
            Move = new MoveRecord
            {
                Id = terms.Move,
                Role = MoveRole.Destination,
                Phase = MovePhase.Receiving,
                Peer = terms.Peer,
                StartTime = DateTimeOffset.UtcNow,
                Secret = header.MoveProof!,
            },
            Files = [],
        });
        guest.Gate.Wait(0); // no one else knows it yet
        parts.Guests.Add(guest);
        _guest = guest;
        checks.TakeAddresses(guest, terms.AcceptNewAddress);
        IReadOnlyList<GuestFileRecord> files = parts.Files.Put(header.Files);
        guest.Update(record => record with { Files = files });
        parts.Resources.Publish(guest);
        parts.Records.Save(guest);
    }

    private void BeginRestore(CheckpointHeader header)
    {
        GuestRecord record = _guest!.Record;
        using XenPool.Lease room = parts.Xen.Rent();
        starter.Domains.RequireRoom(room.Host, record);
        _pipe = new AnonymousPipeServerStream(PipeDirection.Out, HandleInheritability.None, PipeSize);
        AnonymousPipeServerStream pipe = _pipe;
        _restoring = Task.Factory.StartNew(
            () =>
            {
                try
                {
                    using XenPool.Lease lease = parts.LongXen.Rent();
                    return restorer.Read(record, lease.Host, pipe.ClientSafePipeHandle, _progress);
                }
                finally
                {
                    pipe.DisposeLocalCopyOfClientHandle();
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
    }

    private async Task<RestoredGuest> RestoredAsync()
    {
        try
        {
            return await _restoring!.ConfigureAwait(false);
        }
        catch (XenException e)
        {
            _restoring = null;
            throw e.ErrorNumber is Errno.EBADMSG or Errno.EPIPE
                ? CheckpointFormat.Invalid(_guest?.Name, $"its memory cannot be read ({e.Message})", e)
                : Problems.FromXen(e, _guest?.Name);
        }
    }

    private void Destroy(uint domain)
    {
        try
        {
            using XenPool.Lease lease = parts.Xen.Rent();
            lease.Host.Destroy(domain);
        }
        catch (XenException e)
        {
            parts.Log(LogSeverity.Error, $"Domain {domain}, into which '{_guest?.Name}' was being moved, could not be destroyed: {e.Message}");
        }
    }

    /// <summary>Nothing of it is left: first the domain, then the record by which a crash would have it found.</summary>
    private async Task UndoAsync()
    {
        if (_restoring is { } restoring)
        {
            _progress.Cancel();
            await _pipe!.DisposeAsync().ConfigureAwait(false); // the end of the stream, for a restore that waits for more
            try
            {
                RestoredGuest restored = await restoring.ConfigureAwait(false);
                Destroy(restored.Layout.DomainId);
            }
            catch (XenException e)
            {
                parts.Log(LogSeverity.Debug, $"The restore of '{_guest?.Name}' ended as it was to: {e.Message}");
            }
        }

        if (_guest is { } guest)
        {
            Forget(parts, guest);
            guest.Gate.Release();
        }
    }

    /// <summary>What its mover says.</summary>
    internal sealed record Terms(Guid Move, string Peer, bool AcceptNewAddress, bool SharedDisks);
}
