using System.Runtime.InteropServices;

namespace LightVM.Shell;

/// <summary>
/// Standard output by write(2). The console's own stream hides that the reader has gone (EPIPE), which a producer
/// that never ends, such as Receive-LightVMConsole -Follow, has to know; a file stream would keep an offset of its own.
/// </summary>
internal sealed partial class StandardOutputStream : Stream
{
    private const int Eintr = 4;
    private const int Eagain = 11;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="IOException">Nobody reads any more, or the disk is full.</exception>
    public override unsafe void Write(byte[] buffer, int offset, int count)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        var rest = buffer.AsSpan(offset, count);
        while (rest.Length > 0)
        {
            nint written;
            fixed (byte* start = rest)
            {
                written = NativeWrite(1, start, (nuint)rest.Length);
            }

            if (written >= 0)
            {
                rest = rest[(int)written..];
                continue;
            }

            var errno = Marshal.GetLastPInvokeError();
            if (errno == Eagain)
            {
                // The descriptor is shared and someone made it non-blocking: wait for the reader.
                Thread.Sleep(5);
            }
            else if (errno != Eintr)
            {
                throw new IOException("standard output: " + Marshal.GetPInvokeErrorMessage(errno));
            }
        }
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static unsafe partial nint NativeWrite(int descriptor, byte* data, nuint length);
}
