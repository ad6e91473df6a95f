using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace LightVM.Toolstack;

/// <summary>One checkpoint's file, open: what is in it, and whether it is whole.</summary>
internal static class CheckpointFile
{
    private const int BufferSize = 1 << 18;

    /// <summary>The header alone, checked by its own checksum; whether the rest is whole is not asked.</summary>
    /// <exception cref="LightVMException">CheckpointInvalid.</exception>
    public static CheckpointHeader ReadHeader(SafeFileHandle file, string target)
    {
        byte[] front = new byte[CheckpointFormat.PrologueSize];
        int length = CheckpointFormat.HeaderLength(front.AsSpan(0, Fill(file, front)), target);
        front = new byte[CheckpointFormat.PrologueSize + length];
        if (Fill(file, front) < front.Length)
        {
            throw CheckpointFormat.Invalid(target, "it ends within its header");
        }

        CheckpointFormat.CheckHeader(front, target);
        return CheckpointHeader.Parse(front.AsSpan(CheckpointFormat.PrologueSize), target);
    }

    /// <summary>Where its memory begins, if it is whole.</summary>
    /// <exception cref="LightVMException">CheckpointInvalid.</exception>
    public static long FindMemory(SafeFileHandle file, string target)
    {
        Span<byte> prologue = stackalloc byte[CheckpointFormat.PrologueSize];
        return CheckpointFormat.MemoryOffset(CheckpointFormat.HeaderLength(prologue[..Fill(file, prologue)], target));
    }

    /// <summary>Reads all of it. Its position is not used.</summary>
    /// <exception cref="LightVMException">CheckpointInvalid says what is wrong.</exception>
    public static (CheckpointHeader Header, long MemoryOffset) Verify(SafeFileHandle file, string target)
    {
        var verifier = new CheckpointVerifier(target);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            int count;
            while ((count = RandomAccess.Read(file, buffer, verifier.Length)) > 0)
            {
                verifier.Append(buffer.AsSpan(0, count));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        verifier.Complete();
        return (CheckpointHeader.Parse(verifier.Header!.Value.Span, target), verifier.MemoryOffset);
    }

    /// <summary>Continues a checksum over what was written from an offset on.</summary>
    public static void Hash(SafeFileHandle file, XxHash64 hash, long offset, long end)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            while (offset < end)
            {
                int count = RandomAccess.Read(file, buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - offset)), offset);
                if (count == 0)
                {
                    throw new EndOfStreamException("A checkpoint's file became shorter while it was written.");
                }

                hash.Append(buffer.AsSpan(0, count));
                offset += count;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static int Fill(SafeFileHandle file, Span<byte> buffer)
    {
        int done = 0;
        int count;
        while (done < buffer.Length && (count = RandomAccess.Read(file, buffer[done..], done)) > 0)
        {
            done += count;
        }

        return done;
    }
}
