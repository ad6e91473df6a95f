using System.Text.Json.Serialization;

namespace LightVM;

/// <summary>How far a move has come on one host. docs/migration.md has the table of who may do what when.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<MovePhase>))]
public enum MovePhase
{
    /// <summary>Source: its memory is on its way, or has been sent; it runs here, or goes on here.</summary>
    Sending,

    /// <summary>Source: it is this host's no more, and stays suspended until the destination has started it.</summary>
    GivenUp,

    /// <summary>Destination: its memory is coming. What a crash leaves of it is dropped.</summary>
    Receiving,

    /// <summary>Destination: its memory is here, whole, and does not run.</summary>
    Received,

    /// <summary>Destination: the source has given it up, and it is about to run; there is no way back.</summary>
    Starting,

    /// <summary>Destination: it runs here, and the source may not know that yet.</summary>
    Started,
}
