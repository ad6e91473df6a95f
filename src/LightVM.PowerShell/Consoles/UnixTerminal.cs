using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace LightVM.PowerShell;

/// <summary>The process's terminal on Linux and macOS, by termios.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed partial class UnixTerminal : ITerminal
{
    private const int Input = 0;
    private const int Output = 1;
    private const int Drain = 1; // TCSADRAIN, the same on both
    private const short PollIn = 1;
    private const int Interrupted = 4; // EINTR, likewise
    private const int PollTime = 100; // ms

    // No struct termios is nearly as large; what is in it is cfmakeraw's business.
    private const int TermiosSize = 256;

    // tcflag_t; c_oflag is the second of them, after c_iflag.
    private static readonly int FlagSize = OperatingSystem.IsMacOS() ? 8 : 4;

    private readonly byte[] before = new byte[TermiosSize];
    private bool restored;

    /// <exception cref="IOException">There is none.</exception>
    public UnixTerminal()
    {
        var raw = new byte[TermiosSize];
        if (GetAttributes(Input, before) != 0)
        {
            throw new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
        }

        before.CopyTo(raw, 0);
        MakeRaw(raw);

        // Output stays as it was: a unikernel ends its lines with a bare newline, which a raw terminal shows as stairs.
        before.AsSpan(FlagSize, FlagSize).CopyTo(raw.AsSpan(FlagSize));
        if (SetAttributes(Input, Drain, raw) != 0)
        {
            throw new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
        }
    }

    public (int Columns, int Rows) Size => (Console.WindowWidth, Console.WindowHeight);

    // A read that is under way cannot be canceled, and would take a key from the shell: it is begun only when there is something to read.
    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) => new(Task.Run(
        () =>
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var wait = new PollDescriptor { Descriptor = Input, Events = PollIn };
                int ready = Poll(ref wait, 1, PollTime);
                if (ready == 0 || (ready < 0 && Marshal.GetLastPInvokeError() == Interrupted))
                {
                    continue;
                }

                nint count = ready < 0 ? -1 : Read(Input, buffer.Span);
                if (count >= 0)
                {
                    return (int)count;
                }

                if (Marshal.GetLastPInvokeError() != Interrupted)
                {
                    throw new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
                }
            }
        },
        cancellationToken));

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => new(Task.Run(
        () =>
        {
            for (ReadOnlyMemory<byte> rest = bytes; rest.Length > 0;)
            {
                nint count = Write(Output, rest.Span);
                if (count < 0 && Marshal.GetLastPInvokeError() != Interrupted)
                {
                    throw new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
                }

                rest = rest[(int)Math.Max(count, 0)..];
            }
        },
        cancellationToken));

    public void Dispose()
    {
        if (!restored)
        {
            restored = true;
            _ = SetAttributes(Input, Drain, before);
        }
    }

    private static nint Read(int descriptor, Span<byte> buffer) => Read(descriptor, ref MemoryMarshal.GetReference(buffer), (nuint)buffer.Length);

    private static nint Write(int descriptor, ReadOnlySpan<byte> bytes) => Write(descriptor, ref MemoryMarshal.GetReference(bytes), (nuint)bytes.Length);

    [LibraryImport("libc", EntryPoint = "tcgetattr", SetLastError = true)]
    private static partial int GetAttributes(int descriptor, [Out] byte[] termios);

    [LibraryImport("libc", EntryPoint = "tcsetattr", SetLastError = true)]
    private static partial int SetAttributes(int descriptor, int actions, [In] byte[] termios);

    [LibraryImport("libc", EntryPoint = "cfmakeraw")]
    private static partial void MakeRaw([In, Out] byte[] termios);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref PollDescriptor descriptors, nuint count, int timeout);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(int descriptor, ref byte buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int descriptor, ref byte buffer, nuint count);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
