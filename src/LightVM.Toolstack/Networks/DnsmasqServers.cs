using System.Collections.Concurrent;
using System.Threading.Channels;

namespace LightVM.Toolstack;

/// <summary>
/// One dnsmasq for each network with DHCP, as systemd's unit lightvm-dns@NETWORK, so that it outlives lightvmd. It is fed by files
/// below RUN/networks/NETWORK. Whoever creates a guest does not wait for it: a thread of its own writes the files, within a
/// millisecond as a rule; what a killed lightvmd had not written the next one writes, as it knows it from the guests' records.
/// </summary>
internal sealed class DnsmasqServers : INameServers, IDisposable
{
    /// <summary>After the last removal of a host: dnsmasq forgets a removed DHCP host only when it reads all again.</summary>
    private static readonly TimeSpan ReloadDelay = TimeSpan.FromSeconds(1);

    private readonly Channel<Action> _work = Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });
    /// <summary>What was asked last of each network; written by those who ask.</summary>
    private readonly ConcurrentDictionary<string, NetworkRecord> _wanted = new(StringComparer.Ordinal);

    private readonly Dictionary<string, Served> _served = new(StringComparer.Ordinal);
    private readonly HashSet<string> _stale = new(StringComparer.Ordinal);
    private readonly string _directory;
    private readonly IUnits _units;
    private readonly Action<LogSeverity, string> _log;

    public DnsmasqServers(string runDirectory, IUnits units, Action<LogSeverity, string> log)
    {
        _directory = Path.Combine(runDirectory, "networks");
        _units = units;
        _log = log;
        new Thread(Work) { IsBackground = true, Name = "names" }.Start();
    }

    public void Set(NetworkRecord network)
    {
        _wanted[network.Name] = network;
        Post(() => DoSet(network));
    }

    public void Remove(NetworkRecord network)
    {
        _wanted.TryRemove(network.Name, out _);
        Post(() => Stop(network.Name));
    }

    public void Add(AddressLease lease) => Post(() =>
    {
        if (_served.TryGetValue(lease.Network, out Served? served))
        {
            served.Leases[DnsmasqConfig.FileName(lease)] = lease;
            Write(served, lease);
        }
    });

    public void Drop(AddressLease lease) => Post(() =>
    {
        string file = DnsmasqConfig.FileName(lease);
        // Its MAC may be another's already.
        if (_served.TryGetValue(lease.Network, out Served? served)
            && served.Leases.TryGetValue(file, out AddressLease? held) && ReferenceEquals(held, lease))
        {
            served.Leases.Remove(file);
            Delete(served, file);
        }
    });

    public void Settle() => Post(() =>
    {
        foreach (Served served in _served.Values)
        {
            foreach (string path in Directory.EnumerateFiles(served.Hosts).Concat(Directory.EnumerateFiles(served.Names)).ToList())
            {
                if (!served.Leases.ContainsKey(Path.GetFileName(path)))
                {
                    Delete(served, Path.GetFileName(path));
                }
            }
        }

        if (Directory.Exists(_directory))
        {
            foreach (string path in Directory.EnumerateDirectories(_directory).ToList())
            {
                if (!_served.ContainsKey(Path.GetFileName(path)))
                {
                    Stop(Path.GetFileName(path));
                }
            }
        }
    });

    /// <summary>Waits until all that was asked before is done. For tests.</summary>
    public Task FlushAsync()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(done.SetResult);
        return done.Task;
    }

    public void Dispose() => _work.Writer.TryComplete();

    /// <summary>Fails only after <see cref="Dispose"/>: the next lightvmd does it.</summary>
    private void Post(Action action) => _work.Writer.TryWrite(action);

    private void Work()
    {
        while (true)
        {
            while (_work.Reader.TryRead(out Action? action))
            {
                Try(action);
            }

            bool more;
            try
            {
                Task<bool> next = _work.Reader.WaitToReadAsync().AsTask();
                if (_stale.Count > 0 && !next.Wait(ReloadDelay))
                {
                    Try(Reload);
                }

                more = next.GetAwaiter().GetResult();
            }
            catch (ChannelClosedException)
            {
                return;
            }

            if (!more)
            {
                return;
            }
        }
    }

    private void Reload()
    {
        string[] stale = [.. _stale];
        _stale.Clear();
        foreach (string name in stale)
        {
            _units.Reload(name);
        }
    }

    private void DoSet(NetworkRecord network)
    {
        bool on = network is { Dhcp: true, Bridge: null };
        if (!_served.TryGetValue(network.Name, out Served? served))
        {
            _served.Add(network.Name, served = new Served(Path.Combine(_directory, network.Name)));
        }

        if (!_wanted.TryGetValue(network.Name, out NetworkRecord? wanted) || !ReferenceEquals(wanted, network))
        {
            return; // it was changed or removed meanwhile, which comes later in the queue
        }

        if (!on)
        {
            served.On = false;
            if (Directory.Exists(served.Directory))
            {
                StopUnit(network.Name, served.Directory);
            }

            return;
        }

        // lightvmd's umask is for itself; dnsmasq's user must read this.
        foreach (string path in (string[])[_directory, served.Directory, served.Hosts, served.Names])
        {
            Directory.CreateDirectory(path);
            File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
        }

        served.On = true;
        foreach (AddressLease lease in served.Leases.Values)
        {
            Write(served, lease);
        }

        bool changed = WriteFile(Path.Combine(served.Directory, "dnsmasq.conf"), DnsmasqConfig.Text(network, served.Directory));
        _units.Start(network.Name, restart: changed);
    }

    private void Stop(string name)
    {
        _served.Remove(name);
        StopUnit(name, Path.Combine(_directory, name));
    }

    private void StopUnit(string name, string directory)
    {
        _stale.Remove(name);
        if (Directory.Exists(directory))
        {
            // Last: a directory that is there tells the next lightvmd of a unit that may run.
            _units.Stop(name);
            Directory.Delete(directory, recursive: true);
        }
    }

    private void Write(Served served, AddressLease lease)
    {
        if (served.On)
        {
            string file = DnsmasqConfig.FileName(lease);
            if (WriteFile(Path.Combine(served.Hosts, file), DnsmasqConfig.Host(lease), out bool replaced) && replaced)
            {
                _stale.Add(lease.Network);
            }

            WriteFile(Path.Combine(served.Names, file), DnsmasqConfig.Names(lease));
        }
    }

    private void Delete(Served served, string file)
    {
        if (served.On)
        {
            File.Delete(Path.Combine(served.Hosts, file));
            File.Delete(Path.Combine(served.Names, file));
            _stale.Add(Path.GetFileName(served.Directory));
        }
    }

    private static bool WriteFile(string path, string text) => WriteFile(path, text, out _);

    /// <summary>In one step. False: it was so.</summary>
    private static bool WriteFile(string path, string text, out bool replaced)
    {
        replaced = File.Exists(path);
        if (replaced && File.ReadAllText(path) == text)
        {
            return false;
        }

        // dnsmasq passes over names that begin with a dot.
        string next = Path.Combine(Path.GetDirectoryName(path)!, "." + Path.GetFileName(path));
        File.WriteAllText(next, text);
        File.SetUnixFileMode(next, (UnixFileMode)0b110_100_100);
        File.Move(next, path, overwrite: true);
        return true;
    }

    private void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or LightVMException)
        {
            _log(LogSeverity.Error, $"Name server of a network: {e.Message}");
        }
    }

    private sealed class Served(string directory)
    {
        public string Directory { get; } = directory;

        public string Hosts { get; } = Path.Combine(directory, "hosts");

        public string Names { get; } = Path.Combine(directory, "names");

        public bool On { get; set; }

        /// <summary>By the name of their files.</summary>
        public Dictionary<string, AddressLease> Leases { get; } = new(StringComparer.Ordinal);
    }
}
