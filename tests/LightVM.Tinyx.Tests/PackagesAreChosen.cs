namespace LightVM.Tinyx.Tests;

public sealed class PackagesAreChosen
{
    private const string Status = """
        Package: web
        Status: install ok installed
        Architecture: amd64
        Version: 1.2-3
        Depends: libc6 (>= 2.34), web-common (= 1.2-3), iproute2, mail-agent | exim
        Description: a server
         that serves. Depends: nothing

        Package: web-common
        Status: install ok installed
        Architecture: all
        Version: 1.2-3
        Depends: debconf (>= 0.5) | debconf-2.0, python3:any

        Package: iproute2
        Status: install ok installed
        Architecture: amd64
        Version: 6
        Depends: libbpf1

        Package: libbpf1
        Status: install ok installed
        Multi-Arch: same
        Architecture: amd64
        Version: 1

        Package: postfix
        Status: install ok installed
        Architecture: amd64
        Version: 3
        Provides: mail-agent, other

        Package: gone
        Status: deinstall ok config-files
        Architecture: amd64
        Version: 1
        """;

    private readonly IReadOnlyDictionary<string, DebianPackage> installed = DpkgStatus.Parse(Status);

    [Fact]
    public void What_is_installed_is_read()
    {
        Assert.Equal(["iproute2", "libbpf1", "postfix", "web", "web-common"], installed.Keys);
        Assert.Equal(["libc6", "web-common", "iproute2", "mail-agent", "exim"], installed["web"].Depends);
        Assert.Equal("1.2-3", installed["web"].Version);
        Assert.Equal("var/lib/dpkg/info/web.list", installed["web"].FileList);
        Assert.Equal("var/lib/dpkg/info/libbpf1:amd64.list", installed["libbpf1"].FileList);
    }

    [Fact]
    public void Dropped_packages_take_with_them_what_only_they_need() => Assert.Equal(
        ["postfix", "web", "web-common"],
        DpkgStatus.Reach(installed, ["web"], new PathPattern(["iproute2", "debconf"])).Select(p => p.Name));

    [Fact]
    public void One_that_is_asked_for_is_not_dropped() => Assert.Equal(
        ["iproute2", "libbpf1"],
        DpkgStatus.Reach(installed, ["iproute2"], new PathPattern(["iproute2"])).Select(p => p.Name));

    [Fact]
    public void Accounts_are_found()
    {
        const string passwd = "root:x:0:0:root:/root:/bin/sh\nredis:x:102:105::/var/lib/redis:/usr/sbin/nologin\nbroken\n";
        Assert.Equal((102u, 105u), AccountFile.FindUser(passwd, "redis"));
        Assert.Null(AccountFile.FindUser(passwd, "broken"));
        Assert.Equal(4u, AccountFile.FindGroup("adm:x:4:\n", "adm"));
        Assert.Null(AccountFile.FindGroup("adm:x:4:\n", "none"));
    }

    [Fact]
    public void A_service_says_who_runs_it_and_where()
    {
        SystemdUnit unit = SystemdUnit.Parse("""
            [Service]
            Type=notify
            ExecStart=-/usr/bin/redis-server /etc/redis/redis.conf \
              --daemonize no
            User=redis
            # Group=root
            Group=redis
            RuntimeDirectory=redis
            RuntimeDirectoryMode=2755
            LogsDirectory=redis ../../etc %i
            """)!;
        Assert.Equal("/usr/bin/redis-server", unit.Program);
        Assert.Equal(("redis", "redis"), (unit.User, unit.Group));
        Assert.Equal([("run/redis", 0b10_111_101_101), ("var/log/redis", 0b111_101_101)], unit.Directories);
        Assert.Null(SystemdUnit.Parse("[Unit]\nDescription=none\n"));
    }
}
