namespace LightVM.Client.Tests;

public sealed class EndpointsAreParsed
{
    [Theory]
    [InlineData("localhost", "unix:/run/lightvm/lightvmd.sock", "localhost")]
    [InlineData(".", "unix:/run/lightvm/lightvmd.sock", "localhost")]
    [InlineData("unix:/tmp/a.sock", "unix:/tmp/a.sock", "unix:/tmp/a.sock")]
    [InlineData("unix:///tmp/a.sock", "unix:/tmp/a.sock", "unix:/tmp/a.sock")]
    [InlineData("/tmp/a.sock", "unix:/tmp/a.sock", "unix:/tmp/a.sock")]
    [InlineData("xen1", "ssh://xen1", "xen1")]
    [InlineData("admin@xen1", "ssh://admin@xen1", "admin@xen1")]
    [InlineData("ssh://xen1", "ssh://xen1", "xen1")]
    [InlineData("ssh://admin@xen1:2222", "ssh://admin@xen1:2222", "admin@xen1:2222")]
    [InlineData("ssh://[fe80::1]:22", "ssh://[fe80::1]:22", "[fe80::1]:22")]
    [InlineData("fe80::1", "ssh://[fe80::1]", "[fe80::1]")]
    [InlineData("ssh://localhost", "ssh://localhost", "ssh://localhost")]
    [InlineData("ssh://lab?config=/a/b c/ssh_config", "ssh://lab?config=/a/b%20c/ssh_config", "lab")]
    [InlineData("ssh://lab?config=/a/ssh_config&name=second", "ssh://lab?config=/a/ssh_config&name=second", "second")]
    public void A_spelling_leads_to_its_place(string text, string canonical, string name)
    {
        HostEndpoint endpoint = HostEndpoint.Parse(text);
        Assert.Equal(canonical, endpoint.ToString());
        Assert.Equal(name, endpoint.Name);
    }

    [Theory]
    [InlineData("xen1")]
    [InlineData("admin@xen1:2222")]
    [InlineData("ssh://localhost")]
    [InlineData("unix:/tmp/a.sock")]
    [InlineData("localhost")]
    public void A_name_and_a_canonical_spelling_lead_there_again(string text)
    {
        HostEndpoint endpoint = HostEndpoint.Parse(text);
        Assert.Equal(endpoint, HostEndpoint.Parse(endpoint.Name));
        Assert.Equal(endpoint, HostEndpoint.Parse(endpoint.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("http://xen1")]
    [InlineData("unix:relative")]
    [InlineData("ssh://")]
    [InlineData("ssh://xen1:0")]
    [InlineData("ssh://xen1:99999")]
    [InlineData("ssh://@xen1")]
    [InlineData("ssh://admin:secret@xen1")]
    [InlineData("ssh://xen1?what=x")]
    [InlineData("-oProxyCommand=x")]
    [InlineData("user@-oProxyCommand=x")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("[fe80::1")]
    public void What_names_no_host_is_refused(string text)
    {
        var e = Assert.Throws<LightVMException>(() => HostEndpoint.Parse(text));
        Assert.Equal(ErrorCodes.InvalidArgument, e.Problem.Code);
        Assert.NotNull(e.Problem.Recommendation);
    }

    [Fact]
    public void Two_names_of_one_place_are_the_same_place()
    {
        Assert.True(HostEndpoint.Parse("ssh://lab?config=/a&name=x").IsSamePlace(HostEndpoint.Parse("ssh://lab?config=/a")));
        Assert.False(HostEndpoint.Parse("ssh://lab?config=/b").IsSamePlace(HostEndpoint.Parse("ssh://lab?config=/a")));
    }
}
