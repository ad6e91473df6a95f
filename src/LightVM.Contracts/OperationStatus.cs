using System.Text.Json.Serialization;

namespace LightVM;

/// <summary>Where an operation stands.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<OperationStatus>))]
public enum OperationStatus
{
    Running,
    Succeeded,

    /// <summary>Done, but at least one result is a problem.</summary>
    Failed,
    Canceled,
}
