namespace LightVM;

/// <summary>The right to change a fleet's part of a host, held by one run of reconcile at a time.</summary>
public sealed class FleetLease
{
    /// <summary>Its holder's requests carry this in a <c>Fleet-Lease</c> header: once it is another's they are refused.</summary>
    public const string Header = "Fleet-Lease";

    public required string Fleet { get; init; }

    public Guid Id { get; init; }

    /// <summary>Whose requests it is held by: <c>uid:0 (root)</c>.</summary>
    public string Actor { get; set; } = "";

    /// <summary>The process that holds it, for people.</summary>
    public string Holder { get; set; } = "";

    public DateTimeOffset Since { get; init; }

    /// <summary>When it ends unless it is renewed.</summary>
    public DateTimeOffset Expires { get; init; }

    /// <summary>Milliseconds from a renewal to the end.</summary>
    public int DurationMs { get; init; }

    /// <summary>The fleet's revision on this host: whoever planned on another one plans again.</summary>
    public long Revision { get; init; }
}
