namespace LightVM.Lab.Tests;

public sealed class LabOptionsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public LabOptionsTests() => File.WriteAllText(_directory.File("LightVM.PowerShell.sln"), "");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_usual_lab_is_valid() => new LabOptions(_directory.Path).Validate();

    [Theory]
    [InlineData("")]
    [InlineData("A")]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData("-a")]
    [InlineData("a\n")]
    [InlineData("a23456789012345678901234567890123")]
    public void A_name_that_is_no_plain_word_is_refused(string name) =>
        Assert.Throws<LabException>(() => new LabOptions(_directory.Path) { Name = name }.Validate());

    [Fact]
    public void A_directory_that_is_no_checkout_is_refused() =>
        Assert.Contains("/nonexistent", Assert.Throws<LabException>(() => new LabOptions("/nonexistent").Validate()).Message, StringComparison.Ordinal);

    [Fact]
    public void Dom0_cannot_have_more_than_there_is() =>
        Assert.Throws<LabException>(() => new LabOptions(_directory.Path) { Dom0MemoryBytes = 4L << 30 }.Validate());

    [Fact]
    public void The_checkout_is_found_from_below()
    {
        var below = Directory.CreateDirectory(_directory.File("src/deep")).FullName;
        Assert.Equal(_directory.Path, LabPaths.FindRoot(below));
    }

    [Fact]
    public async Task A_lab_that_was_never_started_is_down()
    {
        Assert.False((await XenLab.StatusAsync(_directory.Path, "default")).IsUp);
        Assert.False(await XenLab.DownAsync(_directory.Path, "default", new Progress<string>()));
    }
}
