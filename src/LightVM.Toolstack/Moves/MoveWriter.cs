using System.Buffers;
using System.IO.Pipes;
using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>Writes a guest as a checkpoint's file, piece by piece, into a sink that may be far away; nothing of it lies on a disk.</summary>
internal sealed class MoveWriter(ToolstackParts parts)
{
    private const int PipeSize = 256 << 10;
    private const int ChunkSize = 64 << 10;
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Sends all of it. The guest is suspended by then, if this does not throw.</summary>
    /// <param name="suspend">Called once.</param>
    public async Task RunAsync(ManagedGuest guest, Life life, IMoveSink sink, Func<Task> suspend, CancellationToken cancellationToken)
    {
        var hash = new XxHash64();
        bool live = MoveRules.IsLive(guest.Record);
        using var progress = new SaveProgress();
        using CancellationTokenRegistration cancel = cancellationToken.Register(progress.Cancel);
        byte[] message = ArrayPool<byte>.Shared.Rent(SparseBytes.MaxLength(ChunkSize));
        var pipe = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.None, PipeSize);
        try
        {
            byte[] front = CheckpointFormat.Begin(Header(guest).ToJson());
            await SendHashedAsync(front).ConfigureAwait(false);
            if (!live)
            {
                await suspend().ConfigureAwait(false);
            }

            Task saving = Task.Factory.StartNew(
                () => Save(life, pipe, live ? () => suspend().GetAwaiter().GetResult() : null, progress), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            long length;
            try
            {
                length = await PumpAsync().ConfigureAwait(false);
            }
            catch
            {
                progress.Cancel();
                await pipe.DisposeAsync().ConfigureAwait(false); // a save that waits for room ends with EPIPE
                await ((Task)saving.ContinueWith(static _ => { }, TaskScheduler.Default)).ConfigureAwait(false);
                throw;
            }

            await saving.ConfigureAwait(false);
            await SendAsync(CheckpointFormat.End(hash, length)).ConfigureAwait(false);
        }
        finally
        {
            await pipe.DisposeAsync().ConfigureAwait(false);
            ArrayPool<byte>.Shared.Return(message);
        }

        async Task<long> PumpAsync()
        {
            byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkSize);
            try
            {
                long length = 0;
                long told = Environment.TickCount64;
                int count;
                while ((count = await FillAsync(pipe, chunk.AsMemory(0, ChunkSize), cancellationToken).ConfigureAwait(false)) > 0)
                {
                    length += count;
                    await SendHashedAsync(chunk.AsMemory(0, count)).ConfigureAwait(false);
                    if (Environment.TickCount64 - told >= ProgressInterval.TotalMilliseconds)
                    {
                        told = Environment.TickCount64;
                        await sink.TellAsync(Told(progress, guest.Record.Memory), cancellationToken).ConfigureAwait(false);
                    }
                }

                return length;
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(chunk);
            }
        }

        Task SendHashedAsync(ReadOnlyMemory<byte> bytes)
        {
            hash.Append(bytes.Span);
            return SendAsync(bytes);
        }

        async Task SendAsync(ReadOnlyMemory<byte> bytes)
        {
            for (; !bytes.IsEmpty; bytes = bytes[Math.Min(ChunkSize, bytes.Length)..])
            {
                ReadOnlyMemory<byte> part = bytes[..Math.Min(ChunkSize, bytes.Length)];
                await sink.SendAsync(message.AsMemory(0, SparseBytes.Encode(part.Span, message)), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>libxenguest counts all addresses of a PVH guest, of which most are none of its memory.</summary>
    private static MoveProgress Told(SaveProgress progress, long memory)
    {
        (long done, long total) = (progress.DoneBytes, progress.TotalBytes);
        return total <= memory
            ? new MoveProgress { Round = progress.Round, DoneBytes = done, TotalBytes = total }
            : new MoveProgress { Round = progress.Round, DoneBytes = (long)((Int128)done * memory / total), TotalBytes = memory };
    }

    /// <summary>As much as there is at once, so that messages are few; 0 at the end.</summary>
    private static async ValueTask<int> FillAsync(Stream pipe, Memory<byte> chunk, CancellationToken cancellationToken)
    {
        int filled = 0;
        int count;
        while (filled < chunk.Length && (count = await pipe.ReadAsync(chunk[filled..], cancellationToken).ConfigureAwait(false)) > 0)
        {
            filled += count;
        }

        return filled;
    }

    private void Save(Life life, AnonymousPipeServerStream pipe, Action? suspend, SaveProgress progress)
    {
        try
        {
            using XenPool.Lease lease = parts.LongXen.Rent();
            if (suspend is null)
            {
                lease.Host.Save(life.Domain, pipe.ClientSafePipeHandle, progress);
            }
            else
            {
                lease.Host.SaveLive(life.Domain, pipe.ClientSafePipeHandle, maxRounds: 0, suspend, progress);
            }
        }
        finally
        {
            pipe.DisposeLocalCopyOfClientHandle(); // which is the end for who reads
        }
    }

    private CheckpointHeader Header(ManagedGuest guest)
    {
        GuestRecord record = guest.Record;
        return new CheckpointHeader
        {
            Name = record.Name.Length <= CheckpointRules.MaxName ? record.Name : record.Name[..CheckpointRules.MaxName],
            CreationTime = DateTimeOffset.UtcNow,
            Host = Environment.MachineName,
            XenVersion = parts.XenVersion,
            Version = parts.Options.Version,
            Guest = CheckpointRules.DefinitionOf(record),
            Files = [.. record.Files.Select(file => new GuestFile { Path = file.Path, Mode = file.Mode, Content = parts.Files.Read(file) })],
            Disks = [.. record.Disks.Select(DiskMark.Of)],
            MoveProof = MoveProof.Of(record.Move!.Secret),
        };
    }
}
