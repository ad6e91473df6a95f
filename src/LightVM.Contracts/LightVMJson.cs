using System.Text.Json;
using System.Text.Json.Serialization;

namespace LightVM;

/// <summary>How everything is written on the wire: camelCase names and enum values, absent for null, source-generated.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.Strict)]
[JsonSerializable(typeof(Guest))]
[JsonSerializable(typeof(IReadOnlyList<Guest>))]
[JsonSerializable(typeof(GuestDefinition))]
[JsonSerializable(typeof(GuestChange))]
[JsonSerializable(typeof(CreateGuestsRequest))]
[JsonSerializable(typeof(GuestActionRequest))]
[JsonSerializable(typeof(SaveGuestsRequest))]
[JsonSerializable(typeof(RestoreGuestsRequest))]
[JsonSerializable(typeof(CopyGuestsRequest))]
[JsonSerializable(typeof(Checkpoint))]
[JsonSerializable(typeof(IReadOnlyList<Checkpoint>))]
[JsonSerializable(typeof(WaitRequest))]
[JsonSerializable(typeof(BatchResult))]
[JsonSerializable(typeof(Image))]
[JsonSerializable(typeof(IReadOnlyList<Image>))]
[JsonSerializable(typeof(ImageManifest))]
[JsonSerializable(typeof(Network))]
[JsonSerializable(typeof(IReadOnlyList<Network>))]
[JsonSerializable(typeof(NetworkDefinition))]
[JsonSerializable(typeof(Adapter))]
[JsonSerializable(typeof(IReadOnlyList<Adapter>))]
[JsonSerializable(typeof(AdapterDefinition))]
[JsonSerializable(typeof(AdapterChange))]
[JsonSerializable(typeof(Disk))]
[JsonSerializable(typeof(IReadOnlyList<Disk>))]
[JsonSerializable(typeof(DiskDefinition))]
[JsonSerializable(typeof(Pool))]
[JsonSerializable(typeof(PoolChange))]
[JsonSerializable(typeof(PoolFlavour))]
[JsonSerializable(typeof(PoolFlavourDefinition))]
[JsonSerializable(typeof(Host))]
[JsonSerializable(typeof(Event))]
[JsonSerializable(typeof(IReadOnlyList<Event>))]
[JsonSerializable(typeof(ConsoleLine))]
[JsonSerializable(typeof(Operation))]
[JsonSerializable(typeof(IReadOnlyList<Operation>))]
[JsonSerializable(typeof(Fleet))]
[JsonSerializable(typeof(IReadOnlyList<Fleet>))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(Plan))]
[JsonSerializable(typeof(ReconcileResult))]
[JsonSerializable(typeof(SpecFinding))]
public sealed partial class LightVMJson : JsonSerializerContext;
