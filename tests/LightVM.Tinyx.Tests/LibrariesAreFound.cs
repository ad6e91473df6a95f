namespace LightVM.Tinyx.Tests;

public sealed class LibrariesAreFound : IDisposable
{
    private readonly TestTree tree = new();

    public void Dispose() => tree.Dispose();

    [Fact]
    public void An_elf_file_says_what_it_needs()
    {
        ElfFile elf = ElfFile.Read(new MemoryStream(TestElf.Make("/lib64/ld.so", ["libc.so.6", "libz.so.1"], "$ORIGIN/../lib:/opt/lib")))!;
        Assert.Equal(ElfFile.X86_64, elf.Machine);
        Assert.Equal("/lib64/ld.so", elf.Interpreter);
        Assert.Equal(["libc.so.6", "libz.so.1"], elf.Needed);
        Assert.Equal(["$ORIGIN/../lib", "/opt/lib"], elf.SearchPath);
    }

    [Fact]
    public void Other_files_are_none()
    {
        Assert.Null(ElfFile.Read(new MemoryStream()));
        Assert.Null(ElfFile.Read(new MemoryStream("#!/bin/sh\n"u8.ToArray())));
        Assert.Null(ElfFile.Read(new MemoryStream(new byte[4096])));
    }

    [Fact]
    public void Whatever_a_file_says_reading_it_ends_and_stays_inside()
    {
        byte[] good = TestElf.Make("/lib64/ld.so", ["libc.so.6"], "/opt");
        var random = new Random(6);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bad = [.. good];
            for (int i = random.Next(1, 6); i > 0; i--)
            {
                bad[random.Next(16, bad.Length)] = (byte)random.Next(256);
            }

            _ = ElfFile.Read(new MemoryStream(bad, 0, random.Next(4) == 0 ? random.Next(bad.Length) : bad.Length));
        }
    }

    [Fact]
    public void The_closure_follows_links_of_merged_directories_and_run_paths()
    {
        tree.Link(tree.Lower, "lib", "usr/lib")
            .Link(tree.Lower, "lib64", "usr/lib64")
            .File(tree.Lower, "usr/lib64/ld.so")
            .File(tree.Lower, "usr/lib/x86_64-linux-gnu/libc.so.6", TestElf.Make(null, []))
            .Link(tree.Lower, "usr/lib/x86_64-linux-gnu/libz.so.1", "libz.so.1.2")
            .File(tree.Lower, "usr/lib/x86_64-linux-gnu/libz.so.1.2", TestElf.Make(null, ["libc.so.6"]))
            .File(tree.Upper, "usr/lib/app/libown.so", TestElf.Make(null, ["libz.so.1"]))
            .File(tree.Upper, "usr/bin/app", TestElf.Make("/lib64/ld.so", ["libown.so"], "$ORIGIN/../lib/app"));
        var closure = new LibraryClosure(tree.Tree);
        closure.Add("usr/bin/app", Path.Combine(tree.Upper, "usr/bin/app"));
        Assert.Empty(closure.Missing);
        Assert.Equal(
            [
                "lib", "lib64", "usr/lib/app/libown.so", "usr/lib/x86_64-linux-gnu/libc.so.6", "usr/lib/x86_64-linux-gnu/libz.so.1",
                "usr/lib/x86_64-linux-gnu/libz.so.1.2", "usr/lib64/ld.so",
            ],
            closure.Found);
    }

    [Fact]
    public void What_is_nowhere_is_told_with_who_needs_it()
    {
        tree.File(tree.Upper, "usr/bin/app", TestElf.Make(null, ["libnone.so.1"]));
        var closure = new LibraryClosure(tree.Tree);
        closure.Add("usr/bin/app", Path.Combine(tree.Upper, "usr/bin/app"));
        Assert.Equal([("libnone.so.1", "usr/bin/app")], closure.Missing);
    }
}
