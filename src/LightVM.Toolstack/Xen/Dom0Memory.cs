using System.Diagnostics;
using System.Globalization;
using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>
/// Takes memory from dom0 where it holds what guests need: on a default Debian host it owns all of the machine's, and nothing
/// but the toolstack balloons it down.
/// </summary>
internal sealed class Dom0Memory
{
    /// <summary>Bytes beyond a guest's own memory that its domain costs Xen, and room for the next ones.</summary>
    private const long Reserve = 32L << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private readonly Lock _sync = new();
    private readonly long _floor;
    private readonly string _directory;
    private readonly Action<LogSeverity, string> _log;

    public Dom0Memory(long floor, Action<LogSeverity, string> log, string directory = "/sys/devices/system/xen_memory/xen_memory0")
    {
        _floor = floor;
        _log = log;
        _directory = directory;
    }

    /// <summary>Makes Xen have so many bytes free. False: it has not, and dom0 can give no more in time.</summary>
    /// <param name="wished">Bytes that further guests of the same request are going to need, this one included.</param>
    public bool MakeRoom(XenHost xen, long needed, long wished)
    {
        lock (_sync)
        {
            long all = Math.Max(needed, wished);
            long wanted = all + (all / 64) + Reserve;
            long free = xen.Info().FreeMemory;
            if (free >= wanted)
            {
                return true;
            }

            if (ReadTarget() is not { } target || target <= _floor || free + (target - _floor) < needed)
            {
                return free >= needed; // what would not help is not taken from dom0
            }

            long lower = Math.Max(target - (wanted - free), _floor);
            try
            {
                File.WriteAllText(Path.Combine(_directory, "target_kb"), (lower >> 10).ToString(CultureInfo.InvariantCulture));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _log(LogSeverity.Warning, $"dom0 cannot be ballooned down: {e.Message}");
                return free >= needed;
            }

            _log(LogSeverity.Information, $"dom0 is ballooned down from {target >> 20} MB to {lower >> 20} MB to make room for guests.");
            return WaitForRoom(xen, needed, free + (target - lower));
        }
    }

    /// <summary>Whether that would succeed, as far as can be told without changing anything.</summary>
    public bool CouldMakeRoom(XenHost xen, long needed) =>
        xen.Info().FreeMemory + CouldGive() >= needed;

    /// <summary>Bytes that dom0 has beyond what it keeps.</summary>
    public long CouldGive() => Math.Max((ReadTarget() ?? 0) - _floor, 0);

    /// <summary>How dom0 stands, as the rest of a sentence.</summary>
    public string Describe() => ReadTarget() is { } target
        ? string.Create(CultureInfo.InvariantCulture, $"dom0 has {target >> 20} MB, of which it keeps {_floor >> 20} MB.")
        : "dom0's memory cannot be changed on this host.";

    private static bool WaitForRoom(XenHost xen, long needed, long expected)
    {
        // dom0 gives pages back within milliseconds each, but may need to write to disk first: so look, again and again.
        long begin = Stopwatch.GetTimestamp();
        while (true)
        {
            long free = xen.Info().FreeMemory;
            bool over = Stopwatch.GetElapsedTime(begin) > Patience;
            if (free >= expected || over)
            {
                return free >= needed;
            }

            Thread.Sleep(10);
        }
    }

    private long? ReadTarget()
    {
        try
        {
            string text = File.ReadAllText(Path.Combine(_directory, "target_kb"));
            return long.TryParse(text, NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out long kilobytes) ? kilobytes << 10 : null;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
