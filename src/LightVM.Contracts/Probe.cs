using System.Globalization;

namespace LightVM;

/// <summary>A question that a host asks a guest again and again: one of <see cref="Tcp"/>, <see cref="Http"/> and <see cref="Console"/>.</summary>
public sealed class Probe
{
    /// <summary>A port of the guest that accepts connections.</summary>
    public int? Tcp { get; init; }

    /// <summary>A port of the guest that answers GET <see cref="Path"/> with a status from 200 to 399.</summary>
    public int? Http { get; init; }

    /// <summary>For <see cref="Http"/>.</summary>
    public string Path { get; set; } = "/";

    /// <summary>
    /// A regular expression (without back references and look-arounds) that a line of the console matches: of a start or ready probe any
    /// line of this life; of a live probe one that was written since it was asked last.
    /// </summary>
    public string? Console { get; init; }

    /// <summary>Before it is asked for the first time.</summary>
    public int DelaySeconds { get; init; }

    /// <summary>From one question to the next.</summary>
    public int PeriodSeconds { get; set; } = 5;

    /// <summary>For an answer.</summary>
    public int TimeoutSeconds { get; set; } = 1;

    /// <summary>So many failures in a row, and it fails.</summary>
    public int FailureThreshold { get; set; } = 3;

    /// <summary>So many successes in a row, and it passes.</summary>
    public int SuccessThreshold { get; set; } = 1;

    /// <summary>All of it in one line.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{(Tcp is { } tcp ? $"tcp {tcp}" : Http is { } http ? $"http {http}{Path}" : $"console /{Console}/")}, every {PeriodSeconds} s after {DelaySeconds}, {TimeoutSeconds} s each, fails at {FailureThreshold}, passes at {SuccessThreshold}");
}
