namespace LightVM.Tinyx.Tests;

public sealed class KernelsAreConfigured
{
    [Fact]
    public void Every_fragment_goes_with_all_others()
    {
        KernelOptions all = KernelOptions.Of(KernelOptions.Fragments);
        Assert.Contains(all.All, o => o is { Key: "CONFIG_XEN_PV", Value: "y" });
        Assert.Contains(all.All, o => o is { Key: "CONFIG_IPV6", Value: "y" });
        Assert.NotEmpty(Recipe.KnownFeatures);
        Assert.DoesNotContain("base", Recipe.KnownFeatures);
    }

    [Fact]
    public void The_order_of_features_changes_nothing() => Assert.Equal(
        KernelOptions.Of(["ipv6", "block"]).ToConfig(), KernelOptions.Of(["block", "ipv6", "block"]).ToConfig());

    [Fact]
    public void An_unknown_one_is_named_with_those_that_there_are()
    {
        Problem problem = Assert.Throws<LightVMException>(() => KernelOptions.Of(["usb"])).Problem;
        Assert.Equal(ErrorCodes.InvalidArgument, problem.Code);
        Assert.Contains("'usb'", problem.Detail, StringComparison.Ordinal);
        Assert.Contains("ipv6", problem.Recommendation, StringComparison.Ordinal);
    }

    [Fact]
    public void Fragments_that_contradict_each_other_are_an_error()
    {
        var options = new KernelOptions();
        options.Add("one", "# why\nCONFIG_A=y\nCONFIG_B=n\n");
        options.Add("two", "CONFIG_A=y\n");
        Assert.Contains("one and three", Assert.Throws<InvalidOperationException>(() => options.Add("three", "CONFIG_B=y")).Message, StringComparison.Ordinal);
        Assert.Equal("CONFIG_A=y\n# CONFIG_B is not set\n", options.ToConfig());
    }

    [Fact]
    public void What_Kconfig_dropped_is_told()
    {
        var options = new KernelOptions();
        options.Add("one", "CONFIG_A=y\nCONFIG_B=n\nCONFIG_C=y\nCONFIG_D=n\nCONFIG_E=13");
        Assert.Equal(["CONFIG_C=y", "CONFIG_D=n", "CONFIG_E=13"], options.Unmet("#\nCONFIG_A=y\n# CONFIG_C is not set\nCONFIG_D=y\nCONFIG_E=17\n"));
    }
}
