using System.Globalization;

namespace LightVM.Client;

/// <summary>What a host is and has, as far as LightVM's package needs it. Nothing is changed by looking.</summary>
public sealed class HostSurvey
{
    private const string NoDom0Uuid = "00000000-0000-0000-0000-000000000000";
    private const long LeastFreeKiB = 64 * 1024;

    // Each module with the device that shows that it is there, built in or loaded.
    private static readonly (string Module, string Device)[] Modules =
    [
        ("xen-evtchn", "/dev/xen/evtchn"), ("xen-gntdev", "/dev/xen/gntdev"), ("xen-privcmd", "/dev/xen/privcmd"), ("tun", "/dev/net/tun"),
    ];

    private readonly Dictionary<string, string> facts;

    private HostSurvey(Dictionary<string, string> facts) => this.facts = facts;

    /// <summary>The user that ssh logs in as.</summary>
    public string User => Fact("user");

    public bool IsRoot => Fact("uid") == "0";

    public bool HasSudo => Fact("sudo") == "yes";

    /// <summary>Such as <c>debian 12</c>.</summary>
    public string System => Fact("os");

    /// <summary>Such as <c>4.17</c>; empty: Xen does not run.</summary>
    public string XenVersion => Fact("xen");

    /// <summary>Of the package that is installed; null: none is.</summary>
    public string? InstalledVersion => Fact("installed") is { Length: > 0 } version ? version : null;

    /// <summary>Below 0: the installed one is older than the package, 0: the same, above: newer.</summary>
    public int Comparison => int.Parse(Fact("comparison", "-1"), CultureInfo.InvariantCulture);

    /// <summary>Units of the package that are to run and do not.</summary>
    public IReadOnlyList<string> StoppedUnits => Words("stopped");

    /// <summary>Packages that it has not got yet.</summary>
    public IReadOnlyList<string> MissingPackages => Words("missing");

    private bool IsDebian => facts.ContainsKey("arch");

    /// <summary>The script that finds out, for a package.</summary>
    internal static string Script(DebianPackageFile package) => $$"""
        LC_ALL=C; export LC_ALL; PATH=$PATH:/usr/sbin:/sbin; stopped=; missing=; absent=
        say() { printf '%s=%s\n' "$1" "$2"; }
        say uid "$(id -u)"; say user "$(id -un)"
        [ "$(id -u)" = 0 ] || say sudo "$(sudo -n true >/dev/null 2>&1 && echo yes || echo no)"
        say os "$(. /etc/os-release 2>/dev/null; echo "$ID $VERSION_ID")"
        if command -v dpkg >/dev/null && command -v apt-get >/dev/null; then
        	say arch "$(dpkg --print-architecture)"
        	state=$(dpkg-query -W -f '${db:Status-Status} ${Version}' lightvm 2>/dev/null || :)
        	case $state in "installed "*)
        		have=${state#installed }; say installed "$have"
        		if dpkg --compare-versions "$have" lt '{{package.Version}}'; then say comparison -1
        		elif dpkg --compare-versions "$have" gt '{{package.Version}}'; then say comparison 1
        		else say comparison 0; fi
        		for unit in lightvm-io.socket lightvmd.service; do
        			systemctl -q is-active $unit || stopped="$stopped $unit"
        		done
        		say stopped "$stopped" ;;
        	esac
        	for p in {{string.Join(' ', package.Depends)}}; do
        		[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing="$missing $p"
        	done
        	say missing "$missing"
        	say broken "$(dpkg --audit | head -n 1)"
        fi
        [ -d /run/systemd/system ] && say systemd yes
        if [ "$(cat /sys/hypervisor/type 2>/dev/null)" = xen ]; then
        	say xen "$(cat /sys/hypervisor/version/major).$(cat /sys/hypervisor/version/minor)"
        	say uuid "$(cat /sys/hypervisor/uuid)"
        	for pair in {{string.Join(' ', Modules.Select(m => $"{m.Module}:{m.Device}"))}}; do
        		[ -e "${pair#*:}" ] || modprobe -n -q "${pair%%:*}" || absent="$absent ${pair%%:*}"
        	done
        	say absent "$absent"
        fi
        say space "$(df -Pk /usr | awk 'NR == 2 { print $4 }')"
        id -Gn | tr ' ' '\n' | grep -qx lightvm && say member yes
        :
        """;

    /// <summary>Reads what the script wrote.</summary>
    internal static HostSurvey Parse(string output) => new(output.Split('\n')
        .Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2)
        .GroupBy(pair => pair[0], pair => pair[1].Trim(), StringComparer.Ordinal)
        .ToDictionary(group => group.Key, group => group.Last(), StringComparer.Ordinal));

    /// <summary>All that keeps the package from being installed there, each with what to do.</summary>
    /// <param name="hostName">As the session names it.</param>
    /// <param name="package">What is to be installed.</param>
    public IReadOnlyList<Problem> Findings(string hostName, DebianPackageFile package)
    {
        ArgumentNullException.ThrowIfNull(package);
        var findings = new List<Problem>();
        void Add(string code, string detail, string recommendation) => findings.Add(new Problem
        {
            Code = code, Title = code, Detail = $"LightVM cannot be installed on '{hostName}': {detail}", Target = hostName, Recommendation = recommendation,
        });

        if (!IsRoot && !HasSudo)
        {
            Add(ErrorCodes.AccessDenied, $"the user {User} is not root and may not become it by sudo without a password.",
                $"Log in as root (ssh://root@HOST), or allow it there: '{User} ALL=(ALL) NOPASSWD: ALL' in a file of /etc/sudoers.d.");
        }

        if (!IsDebian)
        {
            Add(ErrorCodes.HostIncompatible, $"it runs {(System.Length > 1 ? System : "an unknown system")}, and has no dpkg and apt-get.", "Use a host with Debian 12.");
        }
        else if (Fact("arch") != package.Architecture)
        {
            Add(ErrorCodes.HostIncompatible, $"its architecture is {Fact("arch")}, the package's is {package.Architecture}.", "Use an x86-64 host.");
        }

        if (!facts.ContainsKey("systemd"))
        {
            Add(ErrorCodes.HostIncompatible, "systemd does not run there.", "LightVM's units need it: boot the host with systemd.");
        }

        AddXen(Add, package);
        if (Fact("broken").Length > 0)
        {
            Add(ErrorCodes.InvalidState, $"dpkg there has packages that are half installed ({Fact("broken").TrimEnd('.', ':')}).", "Mend it first: dpkg --configure -a; apt-get -f install");
        }

        if (long.TryParse(Fact("space"), NumberStyles.None, CultureInfo.InvariantCulture, out long free) && free < LeastFreeKiB)
        {
            Add(ErrorCodes.DiskFull, $"/usr has {free / 1024} MB free.", $"Make room there: it needs {LeastFreeKiB / 1024} MB.");
        }

        return findings;
    }

    /// <summary>What does not keep it from serving, and is to be known.</summary>
    public IReadOnlyList<string> Warnings()
    {
        var warnings = new List<string>();
        if (IsDebian && System != "debian 12")
        {
            warnings.Add($"The package is made for Debian 12, and is not tested on {System}.");
        }

        if (!IsRoot && !facts.ContainsKey("member"))
        {
            warnings.Add($"The user {User} is not in the group lightvm and cannot use lightvmd: sudo usermod -aG lightvm {User}");
        }

        return warnings;
    }

    private void AddXen(Action<string, string, string> add, DebianPackageFile package)
    {
        if (XenVersion.Length == 0)
        {
            add(ErrorCodes.XenError, "Xen does not run there.", "Install it (apt install xen-system-amd64) and boot the host with it. To try LightVM anywhere: Start-LightVMLab.");
            return;
        }

        if (Fact("uuid", NoDom0Uuid) != NoDom0Uuid)
        {
            add(ErrorCodes.XenError, "it is a guest of Xen, not the host (dom0).", "Name the host itself.");
        }

        if (package.XenVersion is { } wanted && XenVersion != wanted)
        {
            add(ErrorCodes.HostIncompatible, $"it runs Xen {XenVersion}, and the package is for Xen {wanted}.", $"Use Xen {wanted} (Debian 12's), or build the package on a machine with Xen {XenVersion}'s libraries.");
        }

        if (Words("absent") is { Length: > 0 } absent)
        {
            add(ErrorCodes.FeatureMissing, $"its kernel has no {string.Join(", ", absent)}.", "Use Debian's kernel (linux-image-amd64), or build these modules.");
        }
    }

    private string Fact(string name, string otherwise = "") => facts.GetValueOrDefault(name, otherwise);

    private string[] Words(string name) => Fact(name).Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
