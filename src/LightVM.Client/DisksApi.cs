using System.Text.Json.Serialization.Metadata;

namespace LightVM.Client;

/// <summary>/v1/guests/{id}/disks.</summary>
public sealed class DisksApi : DevicesApi<Disk, DiskDefinition>
{
    internal DisksApi(HostConnection connection)
        : base(connection, "disks", HostFeatures.Disks)
    {
    }

    private protected override JsonTypeInfo<Disk> Device => LightVMJson.Default.Disk;

    private protected override JsonTypeInfo<IReadOnlyList<Disk>> Devices => LightVMJson.Default.IReadOnlyListDisk;

    private protected override JsonTypeInfo<DiskDefinition> Definition => LightVMJson.Default.DiskDefinition;

    private protected override Disk Stamp(Disk device, Guest guest) => Connection.Stamps.On(device, guest.Name);
}
