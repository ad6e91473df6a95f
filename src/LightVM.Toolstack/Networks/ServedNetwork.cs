using System.Diagnostics;

namespace LightVM.Toolstack;

/// <summary>What the thread of <see cref="DnsmasqServers"/> knows of one network: its leases, what is to be written, and when.</summary>
internal sealed class ServedNetwork(string directory)
{
    /// <summary>After the last change: in the first moments of a guest the processors are its own.</summary>
    internal static readonly TimeSpan Calm = TimeSpan.FromMilliseconds(250);

    /// <summary>After the first change, if there is no calm.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    /// <summary>Of the time goes into writing, where there is no calm and there are very many guests: a fiftieth.</summary>
    private const int Share = 50;

    /// <summary>Of what fails, with <see cref="FirstRetry"/>, twice that, and so on up to <see cref="LongestRetry"/> between: nine minutes.</summary>
    internal const int MostTries = 15;

    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(1);

    private long _first;
    private long _last;
    private long _notBefore;
    private long _retry;

    public string Directory { get; } = directory;

    public bool On { get; set; }

    public NetworkRecord? Network { get; set; }

    public Dictionary<MacAddress, AddressLease> Leases { get; } = [];

    /// <summary>The files are not as the leases are.</summary>
    public bool Changed { get; set; }

    /// <summary>Its unit was started by this lightvmd.</summary>
    public bool HasBegun { get; set; }

    /// <summary>The unit runs with another configuration than is written.</summary>
    public bool IsOther { get; set; }

    /// <summary>Files were written that dnsmasq was not told of.</summary>
    public bool IsUnread { get; set; }

    /// <summary>In a row.</summary>
    public int Failures { get; set; }

    public void Touch()
    {
        if (Failures >= MostTries)
        {
            Failures = 0;
        }

        _last = Stopwatch.GetTimestamp();
        if (!Changed)
        {
            Changed = true;
            _first = _last;
        }
    }

    /// <summary>So long till the files are to be written.</summary>
    public TimeSpan Due()
    {
        TimeSpan calm = Calm - Stopwatch.GetElapsedTime(_last), longest = Longest - Stopwatch.GetElapsedTime(_first);
        TimeSpan left = calm < longest ? calm : longest, pause = TimeSpan.FromSeconds((double)(_notBefore - Stopwatch.GetTimestamp()) / Stopwatch.Frequency);
        left = left > pause ? left : pause;
        if (Failures > 0)
        {
            pause = TimeSpan.FromSeconds((double)(_retry - Stopwatch.GetTimestamp()) / Stopwatch.Frequency);
            left = left > pause ? left : pause;
        }

        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <summary>Returns how long to wait with the next try.</summary>
    public TimeSpan Fail()
    {
        TimeSpan pause = FirstRetry * (1L << Math.Min(Failures++, 30));
        pause = pause < LongestRetry ? pause : LongestRetry;
        _retry = Stopwatch.GetTimestamp() + (long)(pause.TotalSeconds * Stopwatch.Frequency);
        return pause;
    }

    public void Written(TimeSpan taken) =>
        _notBefore = Stopwatch.GetTimestamp() + (long)(taken.TotalSeconds * Share * Stopwatch.Frequency);
}
