using System.Buffers.Binary;
using System.Text;

namespace LightVM.Toolstack.Tests;

/// <summary>Small kernels, as far as headers go.</summary>
internal static class TestElf
{
    public static byte[] Build(string noteName = "Xen\0", ushort machine = 62)
    {
        byte[] file = new byte[0x400];
        Span<byte> span = file;
        "\u007fELF"u8.CopyTo(span);
        file[4] = 2;
        file[5] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(span[18..], machine);
        BinaryPrimitives.WriteUInt64LittleEndian(span[32..], 64); // program headers
        BinaryPrimitives.WriteUInt16LittleEndian(span[54..], 56);
        BinaryPrimitives.WriteUInt16LittleEndian(span[56..], 2);
        Program(span[64..], type: 1, offset: 0x200, physical: 0x100000, fileSize: 0x200, memorySize: 0x3000);
        Program(span[120..], type: 4, offset: 0x180, physical: 0, fileSize: 24, memorySize: 24);
        BinaryPrimitives.WriteUInt32LittleEndian(span[0x180..], 4);
        BinaryPrimitives.WriteUInt32LittleEndian(span[0x184..], 8);
        BinaryPrimitives.WriteUInt32LittleEndian(span[0x188..], 1);
        Encoding.ASCII.GetBytes(noteName).CopyTo(span[0x18c..]);
        return file;
    }

    public static byte[] BzImage()
    {
        byte[] file = new byte[0x300];
        "HdrS"u8.CopyTo(file.AsSpan(0x202));
        return file;
    }

    private static void Program(Span<byte> header, uint type, ulong offset, ulong physical, ulong fileSize, ulong memorySize)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header, type);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], offset);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], physical);
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], fileSize);
        BinaryPrimitives.WriteUInt64LittleEndian(header[40..], memorySize);
    }
}
