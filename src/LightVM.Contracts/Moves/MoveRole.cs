using System.Text.Json.Serialization;

namespace LightVM;

/// <summary>Which end of a move a host is.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<MoveRole>))]
public enum MoveRole
{
    Source,
    Destination,
}
