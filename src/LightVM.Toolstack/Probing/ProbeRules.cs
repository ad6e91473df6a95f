using System.Text.RegularExpressions;

namespace LightVM.Toolstack;

/// <summary>What a probe must be. Pure; each problem names what is wrong with which.</summary>
internal static class ProbeRules
{
    private const int LongestPeriod = 3600; // s
    private const int LongestTimeout = 60;  // s
    private const int MaxThreshold = 1000;
    private const int MaxPath = 1024;
    private const int MaxPattern = 1024;
    private const int LongestDrain = 3600; // s

    /// <summary>Null has no probes; so has a set without any, which becomes null.</summary>
    /// <exception cref="LightVMException">InvalidArgument.</exception>
    public static GuestProbes? Check(string guest, GuestProbes? probes, bool hasAddress)
    {
        if (probes is null || !probes.All().Any())
        {
            return null;
        }

        foreach ((string name, Probe probe) in probes.All())
        {
            Check(guest, name, probe, hasAddress);
        }

        return probes;
    }

    /// <exception cref="LightVMException">InvalidArgument.</exception>
    public static void CheckDrain(string guest, int seconds)
    {
        if (seconds is < 0 or > LongestDrain)
        {
            throw Problems.InvalidArgument($"Guest '{guest}': connections cannot be drained for {seconds} s.", guest, $"Give it from 0 to {LongestDrain} s.");
        }
    }

    /// <summary>One that matches in time that grows with the line alone: guests write the lines.</summary>
    /// <exception cref="ArgumentException">It is no such expression.</exception>
    public static Regex Compile(string pattern)
    {
        try
        {
            return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (NotSupportedException e)
        {
            throw new ArgumentException("it has back references, look-arounds or atomic groups", nameof(pattern), e);
        }
    }

    private static void Check(string guest, string name, Probe probe, bool hasAddress)
    {
        LightVMException Wrong(string what, string instead) =>
            Problems.InvalidArgument($"Guest '{guest}': its {name} probe {what}.", guest, instead);

        int kinds = (probe.Tcp is null ? 0 : 1) + (probe.Http is null ? 0 : 1) + (probe.Console is null ? 0 : 1);
        if (kinds != 1)
        {
            throw Wrong(kinds == 0 ? "asks nothing" : "asks several things", "Give it one of tcp, http and console.");
        }

        if ((probe.Tcp ?? probe.Http) is { } port)
        {
            if (port is < 1 or > 65535)
            {
                throw Wrong($"asks port {port}", "Ports are 1 to 65535.");
            }

            if (!hasAddress)
            {
                throw Wrong("cannot reach it: its first adapter has no address", "Give it an adapter on a network with addresses, or a probe of its console.");
            }
        }

        if (probe.Path is not { Length: > 0 and <= MaxPath } path || path[0] != '/' || path.Any(c => c is <= ' ' or > '~'))
        {
            throw Wrong("has a path that no request can have", $"Write it as /health: printable ASCII without blanks, at most {MaxPath} characters.");
        }

        if (probe.Console is { } pattern)
        {
            CheckPattern(pattern, Wrong);
        }

        if (probe.PeriodSeconds is < 1 or > LongestPeriod || probe.DelaySeconds is < 0 or > LongestPeriod || probe.TimeoutSeconds is < 1 or > LongestTimeout)
        {
            throw Wrong("has a time that is not possible", $"Periods are 1 to {LongestPeriod} s, delays 0 to {LongestPeriod} s, time-outs 1 to {LongestTimeout} s.");
        }

        if (probe.FailureThreshold is < 1 or > MaxThreshold || probe.SuccessThreshold is < 1 or > MaxThreshold)
        {
            throw Wrong("has a threshold that is not possible", $"Give it 1 to {MaxThreshold}.");
        }
    }

    private static void CheckPattern(string pattern, Func<string, string, LightVMException> wrong)
    {
        try
        {
            if (pattern.Length is 0 or > MaxPattern)
            {
                throw wrong("has an empty pattern, or one that is too long", $"Write a regular expression of at most {MaxPattern} characters.");
            }

            _ = Compile(pattern);
        }
        catch (ArgumentException e)
        {
            throw wrong($"has a pattern that cannot be used: {e.Message}", "Write a regular expression; escape what is meant literally.");
        }
    }
}
