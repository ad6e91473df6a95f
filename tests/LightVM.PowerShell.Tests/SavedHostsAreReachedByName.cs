using LightVM.Client;

namespace LightVM.PowerShell.Tests;

public sealed class SavedHostsAreReachedByName : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("lightvm-hosts-").FullName;
    private readonly string? before = Environment.GetEnvironmentVariable(HostRegistry.DefaultVariable);
    private readonly SavedHosts saved;
    private readonly HostRegistry registry;

    public SavedHostsAreReachedByName()
    {
        saved = new SavedHosts(Path.Combine(directory, "hosts.json"));
        saved.Save(HostEndpoint.Parse("ssh://admin@xen1:2222?config=/a") with { Name = "lab" });
        registry = new HostRegistry(() => saved);
        Environment.SetEnvironmentVariable(HostRegistry.DefaultVariable, null);
    }

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(HostRegistry.DefaultVariable, before);
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public void In_any_case_of_letters_and_without_having_been_connected()
    {
        LightVMClient lab = registry.Get("LAB");
        Assert.Equal("lab", lab.HostName);
        Assert.Equal("ssh://admin@xen1:2222?config=/a&name=lab", lab.Endpoint.ToString());
        Assert.Same(lab, registry.Get("lab"));
        Assert.Empty(registry.Connected);
    }

    [Fact]
    public void And_by_the_variable()
    {
        Environment.SetEnvironmentVariable(HostRegistry.DefaultVariable, " lab ");
        Assert.Equal("xen1", registry.Default.Endpoint.SshHost);
        Assert.Same(registry.Default, registry.Get("lab"));
        Environment.SetEnvironmentVariable(HostRegistry.DefaultVariable, "xen9");
        Assert.Equal("xen9", registry.Default.Endpoint.SshHost);
        Environment.SetEnvironmentVariable(HostRegistry.DefaultVariable, "ssh://");
        LightVMException e = Assert.Throws<LightVMException>(() => registry.Default);
        Assert.Equal(ErrorCodes.InvalidArgument, e.Problem.Code);
        Assert.StartsWith("LIGHTVM_HOST is 'ssh://'", e.Problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Unless_the_variable_spells_another_of_that_name()
    {
        Environment.SetEnvironmentVariable(HostRegistry.DefaultVariable, "ssh://lab?config=/b");
        Assert.Equal("/b", registry.Get("lab").Endpoint.SshConfigFile);
        Assert.Equal("lab", new HostRegistry(() => saved).Resolve("ssh://lab").SshHost);
    }

    [Fact]
    public void What_is_spelled_out_is_never_taken_for_one()
    {
        LightVMClient other = registry.GetOrAdd(HostEndpoint.Parse("ssh://lab"));
        Assert.Equal("ssh://lab", other.HostName);
        Assert.NotSame(other, registry.Get("lab"));
    }

    [Fact]
    public void An_alias_of_the_session_is_a_host_of_its_own()
    {
        LightVMClient plain = registry.GetOrAdd(HostEndpoint.Parse("unix:/a.sock"));
        LightVMClient named = registry.GetOrAdd(HostEndpoint.Parse("unix:/a.sock"), "here");
        Assert.NotSame(plain, named);
        Assert.Equal("here", named.HostName);
        Assert.Same(named, registry.Get("HERE"));
        Assert.Same(named, registry.GetOrAdd(HostEndpoint.Parse("/a.sock"), "Here"));
        Assert.Same(plain, registry.Get("unix:/a.sock"));
        Assert.Equal("unix:/a.sock", registry.Resolve("here").ToString());
    }

    [Theory]
    [InlineData("lab", ErrorCodes.HostExists)]
    [InlineData("met", ErrorCodes.HostExists)]
    [InlineData("a b", ErrorCodes.InvalidArgument)]
    [InlineData("localhost", ErrorCodes.InvalidArgument)]
    public void An_alias_of_another_host_is_refused(string alias, string code)
    {
        registry.Get("met");
        LightVMException e = Assert.Throws<LightVMException>(() => registry.GetOrAdd(HostEndpoint.Parse("ssh://xen2"), alias));
        Assert.Equal(code, e.Problem.Code);
        Assert.NotNull(e.Problem.Recommendation);
        Assert.DoesNotContain("xen2", registry.Known);
    }

    [Fact]
    public void A_broken_file_stops_only_what_may_be_in_it()
    {
        File.WriteAllText(saved.Path, "?");
        Assert.Equal(ErrorCodes.HostsFileInvalid, Assert.Throws<LightVMException>(() => registry.Get("xen1")).Problem.Code);
        Assert.Equal("xen1", registry.Get("ssh://xen1").Endpoint.SshHost);
        Assert.Equal("localhost", registry.Get("localhost").HostName);
        Assert.Equal("localhost", registry.Default.HostName);
    }
}
