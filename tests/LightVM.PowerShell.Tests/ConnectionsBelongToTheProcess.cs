using LightVM.Client;

namespace LightVM.PowerShell.Tests;

public sealed class ConnectionsBelongToTheProcess
{
    [Fact]
    public void The_last_connected_host_is_the_default_until_it_is_disconnected()
    {
        var registry = new HostRegistry();
        LightVMClient first = registry.GetOrAdd(HostEndpoint.Parse("xen1"));
        LightVMClient second = registry.GetOrAdd(HostEndpoint.Parse("xen2"));
        registry.SetDefault(first);
        registry.SetDefault(second);
        Assert.Same(second, registry.Default);
        Assert.Equal(["xen1", "xen2"], registry.Connected);
        registry.SetDefault(first);
        Assert.Same(first, registry.Default);
        Assert.True(registry.Remove("XEN1"));
        Assert.Same(second, registry.Default);
        Assert.False(registry.Remove("xen1"));
    }

    [Fact]
    public void A_host_is_found_by_its_name_and_by_its_place()
    {
        var registry = new HostRegistry();
        LightVMClient lab = registry.GetOrAdd(HostEndpoint.Parse("ssh://lab?config=/a/ssh_config"));
        Assert.Same(lab, registry.Get("LAB"));
        Assert.Same(lab, registry.Get("ssh://lab?config=/a/ssh_config"));
        Assert.Same(lab, registry.GetOrAdd(HostEndpoint.Parse("ssh://lab?config=/a/ssh_config")));
    }

    [Fact]
    public void Two_places_of_one_name_are_two_hosts()
    {
        var registry = new HostRegistry();
        LightVMClient one = registry.GetOrAdd(HostEndpoint.Parse("ssh://lab?config=/a"));
        LightVMClient two = registry.GetOrAdd(HostEndpoint.Parse("ssh://lab?config=/b"));
        Assert.Equal("lab", one.HostName);
        Assert.Equal("ssh://lab?config=/b", two.HostName);
        Assert.Same(two, registry.Get(two.HostName));
        Assert.Same(two, registry.GetOrAdd(HostEndpoint.Parse("ssh://lab?config=/b")));
    }

    [Fact]
    public void A_place_with_a_name_of_its_own_is_a_host_of_its_own()
    {
        var registry = new HostRegistry();
        LightVMClient one = registry.GetOrAdd(HostEndpoint.Parse("ssh://lab?config=/a"));
        LightVMClient two = registry.GetOrAdd(HostEndpoint.Parse("ssh://lab?config=/a&name=second"));
        Assert.NotSame(one, two);
        Assert.Same(two, registry.Get("second"));
    }

    [Fact]
    public void Without_a_connection_the_variable_decides_then_the_local_socket()
    {
        string? before = Environment.GetEnvironmentVariable(HostRegistry.DefaultVariable);
        try
        {
            Environment.SetEnvironmentVariable(HostRegistry.DefaultVariable, "ssh://lab?config=/c");
            Assert.Equal("ssh://lab?config=/c", new HostRegistry().Default.Endpoint.ToString());
            Assert.Equal("/c", new HostRegistry().Get("lab").Endpoint.SshConfigFile);
            Environment.SetEnvironmentVariable(HostRegistry.DefaultVariable, null);
            Assert.Equal("localhost", new HostRegistry().Default.HostName);
        }
        finally
        {
            Environment.SetEnvironmentVariable(HostRegistry.DefaultVariable, before);
        }
    }
}
