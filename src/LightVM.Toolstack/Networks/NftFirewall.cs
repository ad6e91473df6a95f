using System.ComponentModel;
using System.Diagnostics;
using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>
/// <see cref="NftRules"/> in the kernel: the whole table by <c>nft</c> when it is not (any more) as we know it, elements by netlink
/// otherwise.
/// </summary>
internal sealed class NftFirewall(Action<LogSeverity, string> log) : IFirewall, IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>For which the rules of a lightvmd before us are good enough, while this one has more urgent things to do.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly string[] Programs = ["/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft"];

    private readonly Lock _sync = new();
    private readonly ManualResetEventSlim _tried = new(); // not disposed: the thread below sets it
    private readonly HashSet<PortRule> _ports = [];
    private IReadOnlyCollection<NetworkRecord> _networks = [];
    private NftElements? _elements;
    private bool _started;

    /// <summary>Whether the kernel has what the fields above say.</summary>
    private volatile bool _applied;

    public bool IsApplied => _applied;

    public void Start(IReadOnlyCollection<NetworkRecord> networks)
    {
        lock (_sync)
        {
            _networks = networks;
            _started = true;
        }

        var thread = new Thread(() =>
        {
            try
            {
                if (HasTable())
                {
                    _tried.Set();
                    Thread.Sleep(Patience);
                }

                lock (_sync)
                {
                    if (!_applied)
                    {
                        ApplyAll();
                    }
                }
            }
            catch (LightVMException e)
            {
                log(LogSeverity.Error, $"{e.Problem.Detail} {e.Problem.Recommendation}");
            }
            finally
            {
                _tried.Set();
            }

            Watch();
        })
        { IsBackground = true, Name = "nft" };
        thread.Start();
    }

    public void WaitUntilTried()
    {
        if (!_tried.Wait(Limit))
        {
            log(LogSeverity.Warning, "The rules of networks are still being made; a guest starts without them.");
        }
    }

    public void SetNetworks(IReadOnlyCollection<NetworkRecord> networks)
    {
        lock (_sync)
        {
            HashSet<NftElement> before = Interfaces(_networks), after = Interfaces(networks);
            _networks = networks;
            Change([.. after.Except(before, ElementKeys.Instance)], [.. before.Except(after, ElementKeys.Instance)]);
            if (_applied)
            {
                RouteLoopback("1");
            }
        }
    }

    public void ChangePorts(IReadOnlyCollection<PortRule> added, IReadOnlyCollection<PortRule> removed)
    {
        lock (_sync)
        {
            PortRule[] gone = [.. removed.Except(added).Where(_ports.Contains)];
            PortRule[] come = [.. added.Where(rule => !_ports.Contains(rule))];
            _ports.ExceptWith(gone);
            _ports.UnionWith(come);
            try
            {
                Change([.. come.Select(NftRules.Port)], [.. gone.Select(NftRules.Port)]);
            }
            catch
            {
                _ports.ExceptWith(come);
                _ports.UnionWith(gone);
                throw;
            }
        }
    }

    public void Dispose() => _elements?.Dispose();

    private void Change(NftElement[] added, NftElement[] removed)
    {
        if (!_started || (_applied && added.Length + removed.Length == 0))
        {
            return;
        }

        if (_applied)
        {
            try
            {
                _elements ??= new NftElements();
                _elements.Change(NftRules.Family, NftRules.Table, added, removed);
                return;
            }
            catch (XenException e)
            {
                // Somebody has flushed the ruleset (a restart of nftables.service does), or changed our table.
                log(LogSeverity.Warning, $"The table '{NftRules.Table}' of nftables is not what it was, and is made anew: {e.Message}");
            }
        }

        ApplyAll();
    }

    /// <summary>
    /// Brings our table back when somebody has removed it: `nft flush ruleset`, with which many a /etc/nftables.conf begins, takes
    /// those of all.
    /// </summary>
    private void Watch()
    {
        try
        {
            using NftWatch watch = NftWatch.Open();
            while (true)
            {
                watch.Wait();
                Restore();
            }
        }
        catch (XenException e)
        {
            log(LogSeverity.Warning, e.Message);
        }
    }

    private void Restore()
    {
        try
        {
            lock (_sync)
            {
                // Our own ApplyAll has removed it too, and made it again in the same step.
                if (_applied && !HasTable())
                {
                    log(LogSeverity.Warning, $"Somebody removed the table '{NftRules.Table}' of nftables; it is made again.");
                    ApplyAll();
                }
            }
        }
        catch (LightVMException e)
        {
            log(LogSeverity.Error, $"{e.Problem.Detail} {e.Problem.Recommendation}");
        }
    }

    private static bool HasTable()
    {
        try
        {
            using var elements = new NftElements();
            return elements.HasTable(NftRules.Family, NftRules.Table);
        }
        catch (XenException)
        {
            return false; // what is missing is told by nft, in its words
        }
    }

    private void ApplyAll()
    {
        _applied = false;
        try
        {
            Run(NftRules.Text(_networks, _ports));
        }
        catch
        {
            RouteLoopback("0");
            throw;
        }

        _applied = true;
        RouteLoopback("1");
    }

    /// <summary>
    /// Whether what comes from guests may be for 127.0.0.0/8, without which no published port answers there. Our rules drop what
    /// guests themselves send there; without them the host's loopback would be open to guests.
    /// </summary>
    private void RouteLoopback(string value)
    {
        foreach (NetworkRecord network in _networks)
        {
            string path = $"/proc/sys/net/ipv4/conf/{network.Interface}/route_localnet";
            try
            {
                if (File.Exists(path))
                {
                    File.WriteAllText(path, value);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                log(LogSeverity.Warning, $"{path} could not be set to {value}: {e.Message}");
            }
        }
    }

    private static void Run(string text)
    {
        string program = Programs.FirstOrDefault(File.Exists) ?? throw new LightVMException(
            ErrorCodes.FeatureMissing,
            "The host has no nft, which NAT and published ports need.",
            "nft",
            "Install it: `apt-get install nftables`.");
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, ["-f", "-"])
            {
                RedirectStandardInput = true,
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            })!;
            Task<string> error = process.StandardError.ReadToEndAsync();
            process.StandardInput.Write(text);
            process.StandardInput.Close();
            if (!process.WaitForExit(Limit))
            {
                process.Kill();
                throw Failed($"{program} took longer than {Limit.TotalSeconds:0} s.");
            }

            if (process.ExitCode != 0)
            {
                throw Failed(string.Join(' ', error.Result.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Take(4)));
            }
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            throw Failed(e.Message);
        }
    }

    private static LightVMException Failed(string why)
    {
        bool missing = why.Contains("not supported", StringComparison.Ordinal) || why.Contains("No such file", StringComparison.Ordinal)
            || why.Contains("Unable to initialize", StringComparison.Ordinal);
        return new LightVMException(
            missing ? ErrorCodes.FeatureMissing : ErrorCodes.InternalError,
            $"The rules of networks (nftables table inet {NftRules.Table}) could not be set: {why}",
            "nftables",
            missing
                ? "The kernel lacks a part of nftables: `modprobe -a nf_tables nft_chain_nat nft_nat nft_masq nft_fib_inet nft_numgen nft_ct`."
                : "See `journalctl -u lightvmd`, and `nft list ruleset` on the host.");
    }

    private static HashSet<NftElement> Interfaces(IEnumerable<NetworkRecord> networks) =>
        networks.SelectMany(network => (NftElement[])
            [
                NftRules.Interface(NftRules.OwnSet, network.Interface),
                .. network.Nat ? [NftRules.Interface(NftRules.NatSet, network.Interface)] : Array.Empty<NftElement>(),
            ])
            .ToHashSet(ElementKeys.Instance);

    private sealed class ElementKeys : IEqualityComparer<NftElement>
    {
        public static readonly ElementKeys Instance = new();

        public bool Equals(NftElement? x, NftElement? y) => x!.Set == y!.Set && x.Key.AsSpan().SequenceEqual(y.Key);

        public int GetHashCode(NftElement element)
        {
            var hash = default(HashCode);
            hash.Add(element.Set);
            hash.AddBytes(element.Key);
            return hash.ToHashCode();
        }
    }
}
