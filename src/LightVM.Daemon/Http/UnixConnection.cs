using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace LightVM.Daemon.Http;

/// <summary>
/// One connection of <see cref="UnixTransport"/>: what arrives is handled by the thread that waits for it, and what is written is
/// sent by the thread that writes.
/// </summary>
internal sealed class UnixConnection : DefaultConnectionContext, IConnectionSocketFeature
{
    /// <summary>Bytes. Nothing is read while more than that waits to be handled, or written while more waits to be sent.</summary>
    private const int MaxWaiting = 1 << 20;

    private readonly Socket _socket;
    private readonly CancellationTokenSource _closed = new();
    private readonly TaskCompletionSource _received = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PipeWriter _input;
    private readonly PipeReader _output;
    private readonly Action _ended;
    private Task _sent = Task.CompletedTask;

    /// <param name="socket">Connected; it is the connection's from now on.</param>
    /// <param name="ended">Called when nothing is received any more.</param>
    public UnixConnection(Socket socket, string id, Action ended)
        : base(id)
    {
        _socket = socket;
        _ended = ended;
        var options = new PipeOptions(
            readerScheduler: PipeScheduler.Inline,
            writerScheduler: PipeScheduler.Inline,
            pauseWriterThreshold: MaxWaiting,
            resumeWriterThreshold: MaxWaiting / 2,
            useSynchronizationContext: false);
        Pipe input = new(options), output = new(options);
        _input = input.Writer;
        _output = output.Reader;
        Transport = new DuplexPipe(input.Reader, output.Writer);
        ConnectionClosed = _closed.Token;
        LocalEndPoint = socket.LocalEndPoint;
        RemoteEndPoint = socket.RemoteEndPoint;
        Features.Set<IConnectionSocketFeature>(this);
    }

    public Socket Socket => _socket;

    /// <param name="ownThread">Whether a thread of its own waits for what comes; else the pool's do, in turns.</param>
    public void Start(bool ownThread)
    {
        _sent = SendAsync();
        if (ownThread)
        {
            new Thread(static self => ((UnixConnection)self!).Receive()) { IsBackground = true, Name = "connection" }.UnsafeStart(this);
        }
        else
        {
            _ = ReceiveAsync();
        }
    }

    public override void Abort(ConnectionAbortedException abortReason)
    {
        Shutdown(SocketShutdown.Both);
        _output.CancelPendingRead();
    }

    /// <summary>Called when all requests are over; what they have written is sent first.</summary>
    public override async ValueTask DisposeAsync()
    {
        await Transport.Input.CompleteAsync().ConfigureAwait(false);
        await Transport.Output.CompleteAsync().ConfigureAwait(false);
        await _sent.ConfigureAwait(false);
        Shutdown(SocketShutdown.Both); // whoever waits for more wakes up
        await _received.Task.ConfigureAwait(false);
        _socket.Dispose();
        _closed.Dispose();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    private void Receive()
    {
        Exception? failure = null;
        try
        {
            while (Take() is var length and > 0)
            {
                _input.Advance(length);
                ValueTask<FlushResult> handled = _input.FlushAsync();
                FlushResult result = handled.IsCompleted ? handled.Result : handled.AsTask().GetAwaiter().GetResult();
                if (result.IsCompleted)
                {
                    break;
                }
            }
        }
        catch (SocketException e)
        {
            failure = new ConnectionResetException(e.Message, e);
        }

        EndReceiving(failure);
    }

    private async Task ReceiveAsync()
    {
        Exception? failure = null;
        try
        {
            while (true)
            {
                await _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None).ConfigureAwait(false);
                int length = Take();
                if (length <= 0)
                {
                    break;
                }

                _input.Advance(length);
                FlushResult result = await _input.FlushAsync().ConfigureAwait(false);
                if (result.IsCompleted)
                {
                    break;
                }
            }
        }
        catch (SocketException e)
        {
            failure = new ConnectionResetException(e.Message, e);
        }

        EndReceiving(failure);
    }

    private int Take() => _socket.Receive(_input.GetMemory(1).Span, SocketFlags.None);

    private void EndReceiving(Exception? failure)
    {
        _ended();
        // Requests at work learn it before the one who reads: it may dispose this connection.
        _closed.Cancel();
        _input.Complete(failure);
        _received.TrySetResult();
    }

    private async Task SendAsync()
    {
        Exception? failure = null;
        try
        {
            while (true)
            {
                ReadResult result = await _output.ReadAsync().ConfigureAwait(false);
                if (result.IsCanceled)
                {
                    break;
                }

                foreach (ReadOnlyMemory<byte> segment in result.Buffer)
                {
                    for (int sent = TrySend(segment.Span); sent < segment.Length;)
                    {
                        sent += await _socket.SendAsync(segment[sent..], SocketFlags.None).ConfigureAwait(false);
                    }
                }

                _output.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                {
                    break;
                }
            }
        }
        catch (SocketException e)
        {
            failure = new ConnectionResetException(e.Message, e);
            Shutdown(SocketShutdown.Both);
        }

        await _output.CompleteAsync(failure).ConfigureAwait(false);
    }

    /// <summary>
    /// What fits goes at once, and the socket stays a blocking one, since .NET is not asked for anything asynchronous: then receiving is one system
    /// call. The bytes that were taken; what is wrong with the socket, the next call says.
    /// </summary>
    private unsafe int TrySend(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            return (int)Math.Max(Libc.Send(_socket.SafeHandle, start, bytes.Length, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL), 0);
        }
    }

    private void Shutdown(SocketShutdown what)
    {
        try
        {
            _socket.Shutdown(what);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The other end was first.
        }
    }

    private sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
