namespace LightVM.Tinyx.Tests;

public sealed class LayersAreReadAsOne : IDisposable
{
    private readonly TestTree tree = new();

    public void Dispose() => tree.Dispose();

    [Fact]
    public void The_upper_layer_hides_the_lower()
    {
        tree.File(tree.Lower, "etc/passwd", "old").File(tree.Lower, "etc/group", "group").File(tree.Upper, "etc/passwd", "new");
        Assert.Equal("new", tree.Tree.ReadText("etc/passwd"));
        Assert.Equal("group", tree.Tree.ReadText("etc/group"));
        Assert.Equal("", tree.Tree.ReadText("etc/none"));
        Assert.Equal(["etc", "etc/passwd"], tree.Tree.Installed());
        Assert.Equal(["etc", "etc/group", "etc/passwd"], tree.Tree.Below("etc"));
    }

    [Fact]
    public void A_file_hides_a_directory()
    {
        tree.File(tree.Lower, "opt/app/file").File(tree.Upper, "opt/app");
        Assert.Null(tree.Tree.Find("opt/app/file"));
    }

    [Fact]
    public void Links_do_not_leave_the_tree()
    {
        tree.Link(tree.Lower, "bin", "usr/bin").File(tree.Lower, "usr/bin/sh").Link(tree.Upper, "usr/bin/up", "../../../../../usr/bin/sh")
            .Link(tree.Upper, "root", "/usr").Link(tree.Upper, "loop", "loop");
        Assert.Equal("usr/bin/sh", tree.Tree.Resolve("bin/sh"));
        Assert.Equal("usr/bin/sh", tree.Tree.Resolve("/bin/up"));
        Assert.Equal("usr/bin/sh", tree.Tree.Resolve("root/bin/sh"));
        Assert.Null(tree.Tree.Resolve("loop"));
        Assert.Null(tree.Tree.Resolve("bin/none"));
    }
}
