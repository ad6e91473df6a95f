using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Threading.Channels;

namespace LightVM.Toolstack;

/// <summary>
/// One dnsmasq for each network with DHCP, as systemd's unit lightvm-dns@NETWORK, so that it outlives lightvmd. It is fed by two
/// files below RUN/networks/NETWORK. Whoever creates a guest does not wait for it: a thread of its own writes the files when no
/// more guests come, or after two seconds of them, and has dnsmasq read them. A file for each guest would have dnsmasq look at
/// each as it comes, which takes longer than to start that guest. What fails is tried again, <see cref="ServedNetwork.MostTries"/> times in all,
/// and then when the next guest comes or goes. What a killed lightvmd had not written the next one writes, as
/// it knows it from the guests' records.
/// </summary>
internal sealed class DnsmasqServers : INameServers, IDisposable
{
    private readonly Channel<Action> _work = Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });
    /// <summary>What was asked last of each network; written by those who ask.</summary>
    private readonly ConcurrentDictionary<string, NetworkRecord> _wanted = new(StringComparer.Ordinal);

    private readonly Dictionary<string, ServedNetwork> _served = new(StringComparer.Ordinal);
    private readonly string _directory;
    private readonly IUnits _units;
    private readonly Action<LogSeverity, string> _log;
    private bool _settled;

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
        if (_served.TryGetValue(lease.Network, out ServedNetwork? served))
        {
            served.Leases[lease.Mac] = lease;
            served.Touch();
        }
    });

    public void Drop(AddressLease lease) => Post(() =>
    {
        // Its MAC may be another's already.
        if (_served.TryGetValue(lease.Network, out ServedNetwork? served)
            && served.Leases.TryGetValue(lease.Mac, out AddressLease? held) && ReferenceEquals(held, lease))
        {
            served.Leases.Remove(lease.Mac);
            served.Touch();
        }
    });

    public void Settle() => Post(() =>
    {
        _settled = true;
        foreach ((string name, ServedNetwork served) in _served)
        {
            if (served.On)
            {
                served.HasBegun = false;
                Bring(name, served);
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

    /// <summary>Waits until all that was asked before is done, and the files are written. For tests.</summary>
    public Task FlushAsync()
    {
        var done = new TaskCompletionSource();
        Post(() =>
        {
            WriteDue(TimeSpan.MaxValue);
            done.SetResult();
        });
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

            // Not woken for each change: whoever makes one has better things for the processors to do.
            if (WriteDue(TimeSpan.Zero) is { } wait)
            {
                Thread.Sleep(wait < ServedNetwork.Calm ? wait : ServedNetwork.Calm);
                continue;
            }

            try
            {
                if (!_work.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
                {
                    return;
                }
            }
            catch (ChannelClosedException)
            {
                return;
            }
        }
    }

    /// <summary>Writes the files of networks that have changed, where it is time.</summary>
    /// <param name="early">So much earlier than it would be.</param>
    /// <returns>When the next are due; null: none.</returns>
    private TimeSpan? WriteDue(TimeSpan early)
    {
        TimeSpan? wait = null;
        foreach ((string name, ServedNetwork served) in _served)
        {
            if (!_settled || !served.On || !served.Changed || served.Failures >= ServedNetwork.MostTries)
            {
                continue;
            }

            TimeSpan left = served.Due();
            if (left <= early)
            {
                Bring(name, served);
                left = served.Due();
                if (!served.Changed || served.Failures >= ServedNetwork.MostTries || early > TimeSpan.Zero)
                {
                    continue;
                }
            }

            if (wait is null || left < wait)
            {
                wait = left;
            }
        }

        return wait;
    }

    private void DoSet(NetworkRecord network)
    {
        bool on = network is { Dhcp: true, Bridge: null };
        if (!_served.TryGetValue(network.Name, out ServedNetwork? served))
        {
            _served.Add(network.Name, served = new ServedNetwork(Path.Combine(_directory, network.Name)));
        }

        if (!_wanted.TryGetValue(network.Name, out NetworkRecord? wanted) || !ReferenceEquals(wanted, network))
        {
            return; // it was changed or removed meanwhile, which comes later in the queue
        }

        served.On = on;
        served.Network = network;
        if (!on)
        {
            StopUnit(network.Name, served.Directory);
        }
        else if (_settled)
        {
            served.HasBegun = false;
            Bring(network.Name, served);
        }
    }

    /// <summary>Has it be as it is to be. What fails stays to be done, and is tried again.</summary>
    private void Bring(string name, ServedNetwork served)
    {
        try
        {
            if (served.HasBegun)
            {
                Write(name, served);
            }
            else
            {
                Begin(name, served);
            }

            if (served.Failures > 0)
            {
                served.Failures = 0;
                _log(LogSeverity.Information, $"The name server of network '{name}' knows its guests again.");
            }
        }
        catch (Exception e) when (IsOfTheHost(e))
        {
            TimeSpan pause = served.Fail();
            string next = served.Failures < ServedNetwork.MostTries
                ? string.Create(CultureInfo.InvariantCulture, $"That is tried again in {pause.TotalSeconds:0} s.")
                : string.Create(CultureInfo.InvariantCulture, $"After {ServedNetwork.MostTries} tries that is left till a guest comes or goes; see 'systemctl status lightvm-dns@{name}'.");
            _log(LogSeverity.Error, $"The name server of network '{name}' does not know all guests: {e.Message} {next}");
        }
    }

    /// <summary>Its files, then its unit. At a start of lightvmd, when the guests are known: one that runs knows them all this time.</summary>
    private void Begin(string name, ServedNetwork served)
    {
        served.Touch(); // till all of it is done
        // lightvmd's umask is for itself; dnsmasq's user must read this.
        foreach (string path in (string[])[_directory, served.Directory])
        {
            Directory.CreateDirectory(path);
            File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
        }

        served.IsOther |= WriteFile(Path.Combine(served.Directory, "dnsmasq.conf"), DnsmasqConfig.Text(served.Network!, served.Directory));
        if (served.IsOther)
        {
            WriteLeases(served);
            _units.Start(name, restart: true);
            served.IsOther = served.IsUnread = false;
        }
        else
        {
            Write(name, served);
            _units.Start(name, restart: false);
        }

        served.HasBegun = true;
        served.Changed = false;
    }

    private void Stop(string name)
    {
        _served.Remove(name);
        StopUnit(name, Path.Combine(_directory, name));
    }

    private void StopUnit(string name, string directory)
    {
        if (Directory.Exists(directory))
        {
            // Last: a directory that is there tells the next lightvmd of a unit that may run.
            _units.Stop(name);
            Directory.Delete(directory, recursive: true);
        }
    }

    private void Write(string name, ServedNetwork served)
    {
        WriteLeases(served);
        if (served.IsUnread)
        {
            _units.Reload(name);
            served.IsUnread = false;
        }

        served.Changed = false;
    }

    private static void WriteLeases(ServedNetwork served)
    {
        long begin = Stopwatch.GetTimestamp();
        var hosts = new StringBuilder();
        var names = new StringBuilder();
        foreach (AddressLease lease in served.Leases.Values)
        {
            hosts.Append(DnsmasqConfig.Host(lease));
            names.Append(DnsmasqConfig.Names(lease));
        }

        served.IsUnread |= WriteFile(Path.Combine(served.Directory, DnsmasqConfig.HostsFile), hosts.ToString());
        served.IsUnread |= WriteFile(Path.Combine(served.Directory, DnsmasqConfig.NamesFile), names.ToString());
        served.Written(Stopwatch.GetElapsedTime(begin));
    }

    /// <summary>In one step. False: it was so.</summary>
    private static bool WriteFile(string path, string text)
    {
        if (File.Exists(path) && File.ReadAllText(path) == text)
        {
            return false;
        }

        string next = path + ".new";
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
        catch (Exception e) when (IsOfTheHost(e))
        {
            _log(LogSeverity.Error, $"Name server of a network: {e.Message}");
        }
    }

    private static bool IsOfTheHost(Exception e) => e is IOException or UnauthorizedAccessException or LightVMException;
}
