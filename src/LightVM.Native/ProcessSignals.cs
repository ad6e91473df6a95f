using System.Globalization;
using System.Runtime.InteropServices;

namespace LightVM.Native;

/// <summary>Signals to processes of the host.</summary>
public static partial class ProcessSignals
{
    private const int Hangup = 1;

    /// <summary>Sends SIGHUP to a process that has a handler for it; one that has not would end by it.</summary>
    /// <returns>False: it has none (yet), or there is no such process.</returns>
    public static bool Hang(int process)
    {
        try
        {
            foreach (string line in File.ReadLines($"/proc/{process}/status"))
            {
                if (line.StartsWith("SigCgt:", StringComparison.Ordinal))
                {
                    ulong caught = ulong.Parse(line.AsSpan("SigCgt:".Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                    return (caught & (1UL << (Hangup - 1))) != 0 && kill(process, Hangup) == 0;
                }
            }

            return false;
        }
        catch (IOException)
        {
            return false; // it has ended
        }
    }

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);
}
