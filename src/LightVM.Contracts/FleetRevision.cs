using System.Text.Json.Serialization;

namespace LightVM;

/// <summary>One application of a fleet's spec on a host, as its daemon remembers it. What <c>Get-LightVMRevision</c> writes.</summary>
public sealed class FleetRevision
{
    /// <summary>How many a daemon keeps of each fleet.</summary>
    public const int MaxKept = 20;

    /// <summary>Name of the fleet. Set by the daemon, like the next three.</summary>
    public string Fleet { get; set; } = "";

    /// <summary>From 1.</summary>
    public long Revision { get; init; }

    /// <summary>When the run was recorded, which is its end.</summary>
    public DateTimeOffset ApplyTime { get; init; }

    /// <summary>Who has applied it: <c>uid:0 (root)</c>.</summary>
    public string Actor { get; set; } = "";

    /// <summary>Of the run, from its first request. On the wire: <c>durationMs</c>.</summary>
    [JsonPropertyName("durationMs"), JsonConverter(typeof(MillisecondsConverter))]
    public TimeSpan Duration { get; init; }

    /// <summary>SHA-256 of the spec's bytes, whether or not all of it holds: <c>sha256:…</c>.</summary>
    public string SpecDigest { get; set; } = "";

    /// <summary>Where the spec came from.</summary>
    public string SpecPath { get; set; } = "";

    /// <summary>Steps by what became of them, those of this host.</summary>
    public int Succeeded { get; init; }

    public int Failed { get; init; }

    public int Blocked { get; init; }

    public int Reverted { get; init; }

    /// <summary>The revision that this one went back to; null: none.</summary>
    public long? RollbackOf { get; init; }

    /// <summary>Digests of the images that the spec brought, by name. The host keeps them for as long as the revision.</summary>
    public IReadOnlyDictionary<string, string> Images { get; set; } = new Dictionary<string, string>();

    /// <summary>What it takes to go back; null in lists, and where it was too large to be kept.</summary>
    public RevisionSpec? Spec { get; init; }

    /// <summary>The host, as this session names it. Set by the client.</summary>
    public string? HostName { get; set; }

    /// <summary>Whether all of the spec held at its end.</summary>
    [JsonIgnore]
    public bool IsComplete => Failed + Blocked + Reverted == 0;

    /// <summary>The same with another spec.</summary>
    public FleetRevision With(RevisionSpec? spec) => new()
    {
        Fleet = Fleet, Revision = Revision, ApplyTime = ApplyTime, Actor = Actor, Duration = Duration, SpecDigest = SpecDigest, SpecPath = SpecPath,
        Succeeded = Succeeded, Failed = Failed, Blocked = Blocked, Reverted = Reverted, RollbackOf = RollbackOf, Images = Images, Spec = spec,
        HostName = HostName,
    };

    /// <summary>The same as the daemon records it.</summary>
    public FleetRevision As(string fleet, long revision, DateTimeOffset time, string actor) => new()
    {
        Fleet = fleet, Revision = revision, ApplyTime = time, Actor = actor, Duration = Duration, SpecDigest = SpecDigest, SpecPath = SpecPath,
        Succeeded = Succeeded, Failed = Failed, Blocked = Blocked, Reverted = Reverted, RollbackOf = RollbackOf, Images = Images, Spec = Spec,
    };

    public override string ToString() => $"{Fleet} {Revision}";
}
