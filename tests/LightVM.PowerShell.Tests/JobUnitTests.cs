namespace LightVM.PowerShell.Tests;

/// <summary>A reconcile job as systemd's units: what is written is read back, and systemd expands nothing in it.</summary>
public sealed class JobUnitTests
{
    private static readonly ReconcileJob Job = new()
    {
        Name = "web", SpecPath = "/srv/a b/100%/web.yaml", HostName = "ssh://root@xen2?config=/etc/x", DefaultHost = "unix:/run/a=b", Interval = TimeSpan.FromMinutes(10), Jitter = TimeSpan.FromSeconds(1.5),
        RetryCount = 2, RetryDelay = TimeSpan.FromSeconds(7), MaintenanceWindow = "Mon-Fri 22:00-04:00", NoPrune = true, IsSuspended = true,
    };

    [Fact]
    public void A_definition_is_read_back()
    {
        ReconcileJob? read = JobUnits.Read("web", JobUnits.Timer(Job));
        Assert.NotNull(read);
        Assert.Equivalent(Job, read);
        Assert.Equal("lightvm-reconcile-web.service", read.Unit);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[Timer]\nOnCalendar=daily\n")]
    [InlineData("[X-LightVM]\nHost=xen2\n")]
    public void A_timer_that_is_none_of_ours_is_none(string timer) => Assert.Null(JobUnits.Read("web", timer));

    [Fact]
    public void The_timer_counts_from_the_end_of_a_run()
    {
        string[] lines = JobUnits.Timer(Job).Split('\n');
        Assert.Contains("OnUnitInactiveSec=600", lines);
        Assert.Contains("RandomizedDelaySec=1.5", lines);
        Assert.Contains("Description=LightVM: when /srv/a b/100%%/web.yaml is reconciled", lines);
    }

    [Fact]
    public void Systemd_expands_nothing()
    {
        string service = JobUnits.Service(Job, ["/opt/a b/pwsh", "-Command", """Import-Module '/m$x\"100%'; Invoke"""], [new("LIGHTVM_HOST", "a%b$c")], "root");
        string[] lines = service.Split('\n');
        Assert.Contains("""ExecStart="/opt/a b/pwsh" "-Command" "Import-Module '/m$$x\\\"100%%'; Invoke" """.TrimEnd(), lines);
        Assert.Contains("Environment=\"LIGHTVM_HOST=a%%b$c\"", lines); // a $ is no variable there
        Assert.Contains("User=root", lines);
        Assert.Contains("Type=oneshot", lines);
    }
}
