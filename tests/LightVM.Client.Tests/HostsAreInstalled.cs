using System.Diagnostics;
using System.Text;

namespace LightVM.Client.Tests;

/// <summary>What is looked for on a host before LightVM's package is put there, and how it is put there: with a program in ssh's place that runs all of it here.</summary>
public sealed class HostsAreInstalled : IDisposable
{
    private const string Good = """
        uid=0
        user=root
        os=debian 12
        arch=amd64
        missing= nftables dnsmasq-base
        broken=
        systemd=yes
        xen=4.17
        uuid=00000000-0000-0000-0000-000000000000
        absent=
        space=900000
        """;

    private readonly string directory = Directory.CreateTempSubdirectory("lvm-install-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void A_good_host_has_no_findings()
    {
        DebianPackageFile package = Package();
        HostSurvey survey = HostSurvey.Parse(Good);
        Assert.Empty(survey.Findings("h", package));
        Assert.Empty(survey.Warnings());
        Assert.Equal(["nftables", "dnsmasq-base"], survey.MissingPackages);
        Assert.True(HostInstaller.NeedsPackage(survey, force: false));
    }

    [Theory]
    [InlineData("uid=1000\nuser=alice\nsudo=no", ErrorCodes.AccessDenied, "alice is not root")]
    [InlineData("arch=arm64", ErrorCodes.HostIncompatible, "arm64")]
    [InlineData("xen=", ErrorCodes.XenError, "Xen does not run")]
    [InlineData("xen=4.19", ErrorCodes.HostIncompatible, "4.19")]
    [InlineData("uuid=6f0d3c1e-6a57-4f39-8b70-0c1f1c2d3e4f", ErrorCodes.XenError, "guest of Xen")]
    [InlineData("absent= xen-gntdev tun", ErrorCodes.FeatureMissing, "xen-gntdev, tun")]
    [InlineData("space=1024", ErrorCodes.DiskFull, "1 MB")]
    [InlineData("broken=The following packages are half installed:", ErrorCodes.InvalidState, "half installed")]
    public void What_is_missing_is_said_with_what_to_do(string fact, string code, string words)
    {
        Problem finding = Assert.Single(HostSurvey.Parse(Good + "\n" + fact).Findings("xen1", Package()));
        Assert.Equal((code, "xen1"), (finding.Code, finding.Target));
        Assert.Contains("'xen1'", finding.Detail, StringComparison.Ordinal);
        Assert.Contains(words, finding.Detail, StringComparison.Ordinal);
        Assert.NotEmpty(finding.Recommendation!);
    }

    [Fact]
    public void All_findings_come_at_once()
    {
        IReadOnlyList<Problem> findings = HostSurvey.Parse("uid=1000\nuser=alice\nsudo=no\nos=fedora 41").Findings("h", Package());
        Assert.Equal(
            [ErrorCodes.AccessDenied, ErrorCodes.HostIncompatible, ErrorCodes.HostIncompatible, ErrorCodes.XenError],
            findings.Select(finding => finding.Code));
    }

    [Fact]
    public void Another_Debian_and_a_user_without_the_group_are_warnings()
    {
        HostSurvey survey = HostSurvey.Parse(Good + "\nuid=1000\nuser=alice\nsudo=yes\nos=debian 13");
        Assert.Empty(survey.Findings("h", Package()));
        Assert.Collection(
            survey.Warnings(),
            warning => Assert.Contains("debian 13", warning, StringComparison.Ordinal),
            warning => Assert.Contains("usermod -aG lightvm alice", warning, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("-1", false, true)]
    [InlineData("0", false, false)]
    [InlineData("1", false, false)]
    [InlineData("0", true, true)]
    public void Only_an_older_version_is_replaced_unless_it_is_forced(string comparison, bool force, bool needed) =>
        Assert.Equal(needed, HostInstaller.NeedsPackage(HostSurvey.Parse($"{Good}\ninstalled=0.1.0\ncomparison={comparison}"), force));

    [Fact]
    public void A_package_tells_its_version_and_its_Xen()
    {
        DebianPackageFile package = Package("0.9.0~rc1");
        Assert.Equal(("0.9.0~rc1", "amd64", "4.17"), (package.Version, package.Architecture, package.XenVersion));
        Assert.Equal(["libxenmisc4.17", "libc6", "nftables"], package.Depends);
    }

    [Fact]
    public void What_is_no_package_of_LightVM_is_refused()
    {
        string path = Path.Combine(directory, "x.deb");
        Assert.Contains(path, Refused(path), StringComparison.Ordinal);
        File.WriteAllText(path, "not one");
        Assert.Contains("no package of LightVM", Refused(path), StringComparison.Ordinal);
        Assert.Contains("the package 'other'", Refused(Build("1.0", name: "other")), StringComparison.Ordinal);
        Assert.Contains("not named as Debian's are", Refused(Build("1.0", depends: "$(id>/tmp/x)")), StringComparison.Ordinal);
        Assert.Contains("is not gzip's", Refused(Build("1.0", uniform: true)), StringComparison.Ordinal);

        static string Refused(string path)
        {
            Problem problem = Assert.Throws<LightVMException>(() => DebianPackageFile.Read(path)).Problem;
            Assert.Equal(ErrorCodes.InvalidArgument, problem.Code);
            return problem.Detail;
        }
    }

    [Fact]
    public async Task The_script_finds_out_what_this_machine_is()
    {
        HostSurvey survey = await Installer(Package()).LookAsync(default);
        Assert.Equal(Environment.UserName, survey.User);
        Assert.StartsWith("debian", survey.System, StringComparison.Ordinal);
        Assert.DoesNotContain("libc6", survey.MissingPackages);
        Assert.Contains(survey.Findings("h", Package()), finding => finding.Code == ErrorCodes.XenError);
    }

    [Fact]
    public async Task The_package_is_sent_and_given_to_apt()
    {
        DebianPackageFile package = Package();
        Program("apt-get", $"""
            printf '%s\n' "$*" >>{directory}/asked
            for last; do :; done
            case $last in *.deb) cp "$last" {directory}/sent; basename "$last" >>{directory}/asked ;; esac
            """);
        IReadOnlyList<string> actions = await Installer(package).InstallAsync(HostSurvey.Parse(Good), force: false, default);
        Assert.Equal(File.ReadAllBytes(package.Path), File.ReadAllBytes(Path.Combine(directory, "sent")));
        string asked = File.ReadAllText(Path.Combine(directory, "asked"));
        Assert.Contains("update", asked.Split('\n')[0], StringComparison.Ordinal);
        Assert.Contains("--no-install-recommends", asked, StringComparison.Ordinal);
        Assert.Contains("lightvm_0.1.0_amd64.deb", asked, StringComparison.Ordinal);
        Assert.Contains("Installed lightvm 0.1.0.", actions);
        Assert.Contains(actions, action => action.Contains("nftables, dnsmasq-base", StringComparison.Ordinal));
        Assert.Empty(Directory.GetDirectories("/var/tmp", "lightvm-install.*"));
    }

    [Fact]
    public async Task Where_nothing_is_missing_no_list_of_packages_is_fetched()
    {
        Program("apt-get", $"printf '%s\\n' \"$*\" >>{directory}/asked");
        IReadOnlyList<string> actions = await Installer(Package("0.2.0")).InstallAsync(HostSurvey.Parse(Good + "\nmissing=\ninstalled=0.1.0\ncomparison=-1"), force: false, default);
        Assert.Single(File.ReadAllLines(Path.Combine(directory, "asked")));
        Assert.Contains("Replaced lightvm 0.1.0 by 0.2.0.", actions);
    }

    [Fact]
    public async Task What_is_installed_and_runs_is_left_alone_and_what_stands_is_started()
    {
        Program("apt-get", "exit 9");
        Program("systemctl", $"printf '%s\\n' \"$*\" >>{directory}/asked");
        Assert.Empty(await Installer(Package()).InstallAsync(HostSurvey.Parse(Good + "\ninstalled=0.1.0\ncomparison=0"), force: false, default));
        Assert.Equal(
            ["Started lightvmd.service."],
            await Installer(Package()).InstallAsync(HostSurvey.Parse(Good + "\ninstalled=0.1.0\ncomparison=0\nstopped= lightvmd.service"), force: false, default));
        Assert.Equal("enable --now lightvmd.service\n", File.ReadAllText(Path.Combine(directory, "asked")));
    }

    [Fact]
    public async Task What_apt_says_is_told()
    {
        Program("apt-get", "case $* in *update*) exit 100 ;; esac; echo Reading lists; echo 'E: Unable to fetch some archives' >&2; echo bye >&2; exit 100");
        Problem problem = (await Assert.ThrowsAsync<LightVMException>(() => Installer(Package()).InstallAsync(HostSurvey.Parse(Good), force: false, default))).Problem;
        Assert.Equal((ErrorCodes.InstallFailed, "h"), (problem.Code, problem.Target));
        Assert.Contains("exit code 100: E: Unable to fetch some archives", problem.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("bye", problem.Detail, StringComparison.Ordinal);
        Assert.Contains("nftables dnsmasq-base", problem.Recommendation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_is_not_root_asks_sudo_without_a_question()
    {
        Program("sudo", $"printf %s \"$1\" >{directory}/asked; shift; exec \"$@\"");
        Program("apt-get", "");
        await Installer(Package()).InstallAsync(HostSurvey.Parse(Good + "\nuid=1000\nsudo=yes"), force: false, default);
        Assert.Equal("-n", File.ReadAllText(Path.Combine(directory, "asked")));
    }

    [Fact]
    public async Task A_socket_is_no_host_to_install()
    {
        using var client = new LightVMClient(HostEndpoint.Local);
        Problem problem = (await Assert.ThrowsAsync<LightVMException>(() => new HostInstaller(client, Package()).LookAsync(default))).Problem;
        Assert.Equal(ErrorCodes.InvalidArgument, problem.Code);
    }

    private HostInstaller Installer(DebianPackageFile package)
    {
        // As sshd does: all words after the host's name are one command for the login shell.
        string ssh = Program("fake-ssh", $"""
            while [ "$1" != -- ]; do shift; done
            shift 2
            PATH={directory}:$PATH exec sh -c "$*"
            """);
        var options = new LightVMClientOptions { SshProgram = ssh };
        return new HostInstaller(new LightVMClient(HostEndpoint.ForSsh("h"), options), package, options);
    }

    private string Program(string name, string script)
    {
        string path = Path.Combine(directory, name);
        File.WriteAllText(path, "#!/bin/sh\n" + script + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    private DebianPackageFile Package(string version = "0.1.0") => DebianPackageFile.Read(Build(version));

    private string Build(string version, string name = "lightvm", bool uniform = false, string depends = "nftables")
    {
        string tree = Path.Combine(directory, "tree"), deb = Path.Combine(directory, $"{name}.deb");
        Directory.CreateDirectory(Path.Combine(tree, "DEBIAN"));
        File.WriteAllText(
            Path.Combine(tree, "DEBIAN/control"),
            $"Package: {name}\nVersion: {version}\nArchitecture: amd64\nMaintainer: A <a@b>\nDepends: libxenmisc4.17, libc6 (>= 2.36), {depends}\nDescription: x\n Version: not this\n",
            new UTF8Encoding(false));
        using Process process = Process.Start(new ProcessStartInfo("dpkg-deb", ["--nocheck", "-Zxz", uniform ? "--uniform-compression" : "--no-uniform-compression", "--build", tree, deb]) { RedirectStandardOutput = true })!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return deb;
    }
}
