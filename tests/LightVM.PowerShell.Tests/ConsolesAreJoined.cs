using System.Text;
using System.Threading.Channels;
using LightVM.Client;

namespace LightVM.PowerShell.Tests;

/// <summary>The core of Enter-LightVMConsole, with a terminal and a guest of this test's.</summary>
public sealed class ConsolesAreJoined : IAsyncDisposable
{
    private const byte Escape = 0x1d;

    private readonly Terminal terminal = new();
    private readonly Guest guest = new();

    [Fact]
    public async Task Bytes_go_both_ways_until_the_escape()
    {
        Task<ConsoleEnd> session = Run();
        guest.Writes.Writer.TryWrite("login: "u8.ToArray());
        await terminal.ShownAsync("login: ");
        terminal.Type("root\r\u0003");
        await guest.GotAsync("root\r\u0003");
        terminal.Type("x\u001dy");
        Assert.Equal(ConsoleEnd.Left, await session);
        Assert.Equal("root\r\u0003x", guest.Received);
        Assert.Equal(0, terminal.Reading);
    }

    [Fact]
    public async Task It_ends_with_the_guest_and_takes_no_key_after_that()
    {
        Task<ConsoleEnd> session = Run();
        guest.Writes.Writer.TryWrite("bye"u8.ToArray());
        guest.Writes.Writer.Complete();
        Assert.Equal(ConsoleEnd.GuestEnded, await session);
        Assert.Equal("bye", terminal.Shown);
        Assert.Equal(0, terminal.Reading);
    }

    [Fact]
    public async Task A_new_size_of_the_window_is_told()
    {
        Task<ConsoleEnd> session = Run();
        terminal.Size = (100, 30);
        await guest.GotAsync("[100x30]");
        terminal.Type("\u001d");
        await session;
        Assert.Equal("[100x30]", guest.Received);
    }

    [Fact]
    public async Task A_connection_that_breaks_is_the_error()
    {
        Task<ConsoleEnd> session = Run();
        guest.Writes.Writer.Complete(new LightVMException(ErrorCodes.HostUnreachable, "broke"));
        Assert.Equal(ErrorCodes.HostUnreachable, (await Assert.ThrowsAsync<LightVMException>(() => session)).Problem.Code);
        Assert.Equal(0, terminal.Reading);
    }

    [Fact]
    public async Task A_stopped_pipeline_ends_it()
    {
        using var stop = new CancellationTokenSource();
        Task<ConsoleEnd> session = Run(stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => session);
        Assert.Equal(0, terminal.Reading);
    }

    public ValueTask DisposeAsync()
    {
        terminal.Dispose();
        return guest.DisposeAsync();
    }

    private Task<ConsoleEnd> Run(CancellationToken cancellationToken = default) => new ConsoleSession(terminal, guest, Escape).RunAsync(cancellationToken);

    private sealed class Terminal : ITerminal
    {
        private readonly Channel<byte[]> keys = Channel.CreateUnbounded<byte[]>();
        private readonly StringBuilder shown = new();
        private int reading;

        public (int Columns, int Rows) Size { get; set; } = (80, 24);

        /// <summary>Reads that are under way.</summary>
        public int Reading => Volatile.Read(ref reading);

        public string Shown
        {
            get
            {
                lock (shown)
                {
                    return shown.ToString();
                }
            }
        }

        public void Type(string text) => keys.Writer.TryWrite(Encoding.ASCII.GetBytes(text));

        public async Task ShownAsync(string text)
        {
            while (Shown != text)
            {
                await Task.Yield();
            }
        }

        public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref reading);
            try
            {
                byte[] typed = await keys.Reader.ReadAsync(cancellationToken);
                typed.CopyTo(buffer);
                return typed.Length;
            }
            finally
            {
                Interlocked.Decrement(ref reading);
            }
        }

        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            lock (shown)
            {
                shown.Append(Encoding.ASCII.GetString(bytes.Span));
            }

            return ValueTask.CompletedTask;
        }

        public void Dispose()
        {
        }
    }

    private sealed class Guest : IConsoleChannel
    {
        private readonly StringBuilder received = new();

        public Channel<byte[]> Writes { get; } = Channel.CreateUnbounded<byte[]>();

        public string? End => null;

        public string Received
        {
            get
            {
                lock (received)
                {
                    return received.ToString();
                }
            }
        }

        public async Task GotAsync(string text)
        {
            while (Received != text)
            {
                await Task.Yield();
            }
        }

        public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            if (!await Writes.Reader.WaitToReadAsync(cancellationToken) || !Writes.Reader.TryRead(out byte[]? bytes))
            {
                return 0;
            }

            bytes.CopyTo(buffer);
            return bytes.Length;
        }

        public ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken) => Add(Encoding.ASCII.GetString(buffer.Span));

        public ValueTask ResizeAsync(int columns, int rows, CancellationToken cancellationToken) => Add($"[{columns}x{rows}]");

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private ValueTask Add(string text)
        {
            lock (received)
            {
                received.Append(text);
            }

            return ValueTask.CompletedTask;
        }
    }
}
