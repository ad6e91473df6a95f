using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LightVM.Toolstack;

/// <summary>The console log file of io.h. Sizes are asserted in tests against that file.</summary>
internal static class ConsoleLogLayout
{
    public const uint Magic = 0x474f4c56;
    public const ushort Version = 1;
    public const int Chunks = 2048;
    public const int DataOffset = 65536;
    public const int DataSize = 65536;

    /// <summary>Bytes that one drain takes at most, so that may be half-written beyond head.</summary>
    public const int RingSize = 2048;

    /// <summary>Bytes of a file.</summary>
    public const int FileSize = DataOffset + DataSize;

    /// <summary>lightvmd's half of the header. Written while the guest is not attached.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Owner
    {
        public uint Magic;
        public ushort Version;
        public ushort Reserved;
        public uint DataSize;
        public uint DomainId;
        public ulong Base;
        public IoMessages.Uuid Uuid;
        public Padding24 Reserved2;
    }

    /// <summary>struct console_log up to its chunks.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Header
    {
        public Owner Owner;
        public ulong Head;
        public ulong ChunkCount;
        public Padding48 Reserved3;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Chunk
    {
        public ulong Start;
        public ulong Time;
        public ulong Lines;
    }

    [InlineArray(24)]
    public struct Padding24
    {
        private byte _first;
    }

    [InlineArray(48)]
    public struct Padding48
    {
        private byte _first;
    }
}
