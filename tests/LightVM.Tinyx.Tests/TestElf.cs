using System.Text;

namespace LightVM.Tinyx.Tests;

/// <summary>Makes a small ELF file that asks for libraries.</summary>
internal static class TestElf
{
    public static byte[] Make(string? interpreter, string[] needed, string? runPath = null, int machine = 62)
    {
        const int headers = 64 + 3 * 56, address = 0x400000;
        var strings = new MemoryStream();
        strings.WriteByte(0);
        long Text(string text)
        {
            long at = strings.Position;
            strings.Write(Encoding.UTF8.GetBytes(text + '\0'));
            return at;
        }

        var tags = new List<(long, long)>();
        tags.AddRange(needed.Select(n => (1L, Text(n))));
        if (runPath is not null)
        {
            tags.Add((29, Text(runPath)));
        }

        byte[] loader = Encoding.UTF8.GetBytes((interpreter ?? "") + '\0');
        int dynamic = headers + loader.Length, table = dynamic + (tags.Count + 2) * 16;
        tags.Add((5, address + table));
        tags.Add((0, 0));
        var file = new MemoryStream();
        using var writer = new BinaryWriter(file);
        writer.Write("\u007fELF\u0002\u0001\u0001"u8);
        writer.Write(new byte[9]);
        writer.Write((ushort)3);
        writer.Write((ushort)machine);
        writer.Write(1);
        writer.Write(0L);
        writer.Write(64L);
        writer.Write(0L);
        writer.Write(0);
        writer.Write((ushort)64);
        writer.Write((ushort)56);
        writer.Write((ushort)3);
        writer.Write(new byte[6]);
        int size = table + (int)strings.Length;
        void Segment(int type, long offset, long length)
        {
            writer.Write(type);
            writer.Write(5);
            writer.Write(offset);
            writer.Write(address + offset);
            writer.Write(address + offset);
            writer.Write(length);
            writer.Write(length);
            writer.Write(1L);
        }

        Segment(1, 0, size);
        Segment(2, dynamic, tags.Count * 16);
        Segment(interpreter is null ? 0 : 3, headers, loader.Length);
        writer.Write(loader);
        foreach ((long tag, long value) in tags)
        {
            writer.Write(tag);
            writer.Write(value);
        }

        writer.Write(strings.ToArray());
        return file.ToArray();
    }
}
