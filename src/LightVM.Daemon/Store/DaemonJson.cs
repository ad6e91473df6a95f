using System.Text.Json.Serialization;

namespace LightVM.Daemon.Store;

/// <summary>What the daemon writes to its own files beside the contracts.</summary>
[JsonSerializable(typeof(RequestRecord))]
internal sealed partial class DaemonJson : JsonSerializerContext;
