using System.Buffers.Binary;

namespace LightVM.Toolstack.Tests;

public sealed class KernelsOfImages
{
    [Fact]
    public void Are_elf_files_with_Xen_notes()
    {
        Assert.Null(ElfImage.Check(TestElf.Build(), out long loaded));
        Assert.Equal(0x3000, loaded);
    }

    [Fact]
    public void Say_what_is_wrong()
    {
        Assert.Equal("is not an ELF", ElfImage.Check("#!/bin/sh"u8, out _));
        Assert.Equal("is not an ELF", ElfImage.Check([], out _));
        Assert.Equal("is an ELF that ends within its header", ElfImage.Check(TestElf.Build().AsSpan(0, 40), out _));
        Assert.Equal("is an ELF without Xen notes", ElfImage.Check(TestElf.Build(noteName: "GNU\0"), out _));
        Assert.Contains("not for x86-64", ElfImage.Check(TestElf.Build(machine: 183), out _)!, StringComparison.Ordinal);
        Assert.Contains("bzImage", ElfImage.Check(TestElf.BzImage(), out _)!, StringComparison.Ordinal);
        Assert.Contains("gzip", ElfImage.Check([0x1f, 0x8b, 8, 0], out _)!, StringComparison.Ordinal);
    }

    [Fact]
    public void Are_read_within_bounds_whatever_they_say()
    {
        byte[] good = TestElf.Build();
        var random = new Random(7);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bad = (byte[])good.Clone();
            for (int j = random.Next(1, 4); j > 0; j--)
            {
                int at = random.Next(4, bad.Length - 8);
                BinaryPrimitives.WriteUInt64LittleEndian(bad.AsSpan(at), random.Next(3) switch
                {
                    0 => ulong.MaxValue - (ulong)random.Next(16),
                    1 => (ulong)random.NextInt64(),
                    _ => (ulong)random.Next(512),
                });
            }

            int length = random.Next(4) == 0 ? random.Next(bad.Length) : bad.Length;
            ElfImage.Check(bad.AsSpan(0, length), out long loaded);
            Assert.True(loaded >= 0);
        }
    }

    /// <summary>As liblightvm has it: what is imported must start, and a crafted file must not keep the importer busy.</summary>
    [Theory]
    [InlineData(54, 64)]
    [InlineData(56, 65)]
    [InlineData(56, 0)]
    public void Headers_of_an_unusual_size_or_number_are_refused(int at, ushort value)
    {
        byte[] file = TestElf.Build();
        Array.Resize(ref file, 0x4000);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(at), value);
        Assert.Contains("program headers", ElfImage.Check(file, out _)!, StringComparison.Ordinal);
    }
}
