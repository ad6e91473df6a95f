namespace LightVM.Tinyx.Tests;

public sealed class OptionsAreChosen
{
    private static readonly KernelOptions Options = KernelOptions.Of(["ipv6"]);

    [Fact]
    public void Candidates_are_what_neither_the_platform_nor_a_feature_asks_for()
    {
        Assert.Contains("CONFIG_AIO", Options.Candidates);
        Assert.DoesNotContain("CONFIG_XEN_BALLOON", Options.Candidates);
        Assert.DoesNotContain("CONFIG_IPV6", Options.Candidates);
        Assert.Equal(Options.Candidates, ImageOptimizer.Choose(Options, "", null));
    }

    [Fact]
    public void One_that_is_named_has_to_be_on_and_no_part_of_the_platform()
    {
        const string config = "\nCONFIG_AIO=y\nCONFIG_MULTIUSER=y\nCONFIG_EXTRA=y\n";
        Assert.Equal(["CONFIG_AIO", "CONFIG_EXTRA"], ImageOptimizer.Choose(Options, config, ["AIO", "CONFIG_AIO", "EXTRA"]));
        foreach ((string option, string why) in new[] { ("XEN_BALLOON", "'base' asks for it"), ("IPV6", "'ipv6' asks for it"), ("USB", "no option CONFIG_USB") })
        {
            Problem problem = Assert.Throws<LightVMException>(() => ImageOptimizer.Choose(Options, config, [option])).Problem;
            Assert.Equal(ErrorCodes.InvalidArgument, problem.Code);
            Assert.Contains(why, problem.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_was_switched_off_is_written_and_read_again()
    {
        KernelOptions without = Options.Without(["CONFIG_AIO", "CONFIG_EXTRA"]);
        Assert.Contains("# CONFIG_AIO is not set\n", without.ToConfig(), StringComparison.Ordinal);
        Assert.Contains("# CONFIG_EXTRA is not set\n", without.ToConfig(), StringComparison.Ordinal);
        Assert.Contains("CONFIG_AIO=y\n", Options.ToConfig(), StringComparison.Ordinal);
        KernelOptions read = KernelOptions.Parse(without.ToText());
        Assert.Equal(without.ToConfig(), read.ToConfig());
        Assert.Equal(without.Candidates, read.Candidates);
        Assert.DoesNotContain("CONFIG_AIO", read.Candidates);
        Assert.Throws<LightVMException>(() => read.Without(["CONFIG_NET"]));
    }

    [Theory]
    [InlineData("CONFIG_AIO=y\n")]
    [InlineData("# fragment base\nAIO=y\n")]
    [InlineData("# fragment base\nCONFIG_A=\"x\"\"\n")]
    [InlineData("# fragment base\nCONFIG_A=$(shell)\n")]
    public void Other_texts_are_refused(string text) => Assert.Throws<FormatException>(() => KernelOptions.Parse(text));

    [Fact]
    public void Objects_are_counted_by_what_they_were_compiled_with()
    {
        string directory = Directory.CreateTempSubdirectory("tinyx-objects-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(directory, "fs"));
            File.WriteAllText(Path.Combine(directory, "fs", ".aio.o.cmd"), "deps := \\\n  $(wildcard include/config/AIO) \\\n    $(wildcard include/config/X86_64) \\\n $(wildcard include/config/AIO)\n");
            File.WriteAllText(Path.Combine(directory, ".main.o.cmd"), "$(wildcard include/config/X86_64)");
            File.WriteAllText(Path.Combine(directory, ".main.cmd"), "$(wildcard include/config/OTHER)");
            IReadOnlyDictionary<string, int> counts = OptionObjects.Read(OptionObjects.Write(OptionObjects.Count(directory)));
            Assert.Equal(new Dictionary<string, int> { ["CONFIG_AIO"] = 1, ["CONFIG_X86_64"] = 2 }, counts);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
