using LightVM.Lab.Cli;

namespace LightVM.Lab.Tests;

public sealed class LabArgumentsTests
{
    [Fact]
    public void Up_takes_sizes_as_people_write_them()
    {
        var options = LabArguments.Parse(["up", "--name", "big", "--memory", "12GB", "--dom0-memory", "none"]).ToOptions("/r");
        Assert.Equal("big", options.Name);
        Assert.Equal(12L << 30, options.MemoryBytes);
        Assert.Null(options.Dom0MemoryBytes);
    }

    [Fact]
    public void Without_options_the_usual_lab_is_meant() => Assert.Equal(new LabOptions("/r"), LabArguments.Parse(["up"]).ToOptions("/r"));

    [Theory]
    [InlineData(2, "exec", "--", "ls", "-l")]
    [InlineData(2, "exec", "ls", "--name")]
    [InlineData(1, "exec", "--name", "x", "--", "--")]
    [InlineData(1, "exec", "")]
    public void Exec_leaves_the_command_alone(int remote, params string[] arguments) =>
        Assert.Equal(remote, LabArguments.Parse(arguments).Remote);

    [Theory]
    [InlineData]
    [InlineData("jump")]
    [InlineData("up", "now")]
    [InlineData("up", "--memory")]
    [InlineData("down", "--memory", "4GB")]
    [InlineData("exec")]
    [InlineData("exec", "--")]
    public void What_makes_no_sense_is_refused(params string[] arguments) =>
        Assert.Throws<LabUsageException>(() => LabArguments.Parse(arguments));

    [Theory]
    [InlineData("4GB", 4L << 30)]
    [InlineData("4GiB", 4L << 30)]
    [InlineData("4g", 4L << 30)]
    [InlineData("1536 MB", 1536L << 20)]
    [InlineData("4096", 4096L)]
    public void A_size_is_read(string text, long expected) => Assert.Equal(expected, ByteSize.Parse(text, "size"));

    [Theory]
    [InlineData("")]
    [InlineData("GB")]
    [InlineData("-4GB")]
    [InlineData("4.5GB")]
    [InlineData("9999999999GB")]
    [InlineData("99999999999999999999")]
    public void A_wrong_size_is_named(string text) =>
        Assert.Contains($"'{text}'", Assert.Throws<LabException>(() => ByteSize.Parse(text, "size")).Message, StringComparison.Ordinal);
}
