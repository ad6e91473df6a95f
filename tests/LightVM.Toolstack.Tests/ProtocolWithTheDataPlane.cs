using System.Runtime.CompilerServices;
using System.Text.Json;

namespace LightVM.Toolstack.Tests;

public sealed class ProtocolWithTheDataPlane
{
    [Fact]
    public void Has_the_sizes_of_the_header()
    {
        Assert.Equal(Headers.SizeOf("io.h", "io_header"), Unsafe.SizeOf<IoMessages.Header>());
        Assert.Equal(Headers.SizeOf("io.h", "io_hello"), Unsafe.SizeOf<IoMessages.Hello>());
        Assert.Equal(Headers.SizeOf("io.h", "io_guest"), Unsafe.SizeOf<IoMessages.Guest>());
        Assert.Equal(Headers.SizeOf("io.h", "io_shutdown"), Unsafe.SizeOf<IoMessages.Guest>());
        Assert.Equal(Headers.SizeOf("io.h", "io_follow"), Unsafe.SizeOf<IoMessages.Guest>());
        Assert.Equal(Headers.SizeOf("io.h", "io_ended"), Unsafe.SizeOf<IoMessages.Guest>());
        Assert.Equal(Headers.SizeOf("io.h", "io_attach"), Unsafe.SizeOf<IoMessages.Attach>());
        Assert.Equal(Headers.SizeOf("io.h", "io_result"), Unsafe.SizeOf<IoMessages.Result>());
        Assert.Equal(Headers.SizeOf("io.h", "io_fault"), Unsafe.SizeOf<IoMessages.Fault>());
        Assert.Equal(Headers.SizeOf("io.h", "io_network"), Unsafe.SizeOf<IoMessages.Network>());
        Assert.Equal(Headers.SizeOf("io.h", "io_net"), Unsafe.SizeOf<IoMessages.Net>());
        Assert.Equal(Headers.SizeOf("io.h", "io_block"), Unsafe.SizeOf<IoMessages.Block>());
        Assert.Equal(Headers.SizeOf("io.h", "io_device"), Unsafe.SizeOf<IoMessages.Device>());
        Assert.Equal(Headers.SizeOf("io.h", "io_counted"), Unsafe.SizeOf<IoMessages.Counted>());
        Assert.Equal(Headers.SizeOf("io.h", "io_input"), Unsafe.SizeOf<IoMessages.Input>());
        Assert.Equal(Headers.SizeOf("io.h", "io_window"), Unsafe.SizeOf<IoMessages.Window>());
        Assert.Equal(Headers.SizeOf("io.h", "io_devices"), Unsafe.SizeOf<IoMessages.Devices>());
        Assert.Equal(Headers.SizeOf("io.h", "console_chunk"), Unsafe.SizeOf<ConsoleLogLayout.Chunk>());
        Assert.Equal(
            Headers.SizeOf("io.h", "console_log"),
            Unsafe.SizeOf<ConsoleLogLayout.Header>() + (ConsoleLogLayout.Chunks * Unsafe.SizeOf<ConsoleLogLayout.Chunk>()));
    }

    [Fact]
    public void Has_the_numbers_of_the_header()
    {
        Assert.Equal(IoMessages.Version, Headers.Constant("io.h", "IO_VERSION"));
        Assert.Equal(IoMessages.MaxMessage, Headers.Constant("io.h", "IO_MAX_MESSAGE"));
        Assert.Equal(IoMessages.MaxInput, Headers.Constant("io.h", "IO_MAX_INPUT"));
        Assert.Equal(NetworkRules.MinMtu, Headers.Constant("io.h", "IO_MTU_MIN"));
        Assert.Equal(NetworkRules.MaxMtu, Headers.Constant("io.h", "IO_MTU_MAX"));
        foreach (NoxsType type in Enum.GetValues<NoxsType>())
        {
            Assert.Equal(Headers.EnumValue("noxs.h", "NOXS_" + type.ToString().ToUpperInvariant()), (int)type);
        }

        Assert.Equal(ConsoleLogLayout.Version, Headers.Constant("io.h", "CONSOLE_LOG_VERSION"));
        Assert.Equal(ConsoleLogLayout.Chunks, Headers.Constant("io.h", "CONSOLE_CHUNKS"));
        Assert.Equal(ConsoleLogLayout.DataOffset, Headers.Constant("io.h", "CONSOLE_DATA_OFFSET"));
        Assert.Equal(ConsoleLogLayout.DataSize, Headers.Constant("io.h", "CONSOLE_DATA_SIZE"));
        Assert.Equal(ConsoleLogLayout.RingSize, Headers.Constant("io.h", "CONSOLE_RING_SIZE"));
        foreach (IoType type in Enum.GetValues<IoType>())
        {
            string name = "IO_" + string.Concat(type.ToString().Select((c, i) => i > 0 && char.IsUpper(c) ? "_" + c : char.ToUpperInvariant(c).ToString()));
            Assert.Equal(Headers.EnumValue("io.h", name), (int)type);
        }
    }

    [Fact]
    public void Makes_the_files_that_lightvm_io_keeps_as_large_as_it_wants_them()
    {
        Assert.Equal(Headers.SizeOf("store_file.h", "store_about"), Unsafe.SizeOf<StoreAbout>());
        Assert.Equal(StoreAbout.FileVersion, Headers.Constant("store_file.h", "STORE_VERSION"));
        Assert.Equal(StoreAbout.NameSize, Headers.Constant("store_file.h", "STORE_NAME_SIZE"));
        Assert.Equal(512 << 10, DeviceFiles.StoreSize); // as it is written there
        Assert.Equal(
            DeviceFiles.JournalSize,
            Headers.Constant("block_journal.h", "BLOCK_JOURNAL_OFFSET") +
            (Headers.Constant("block_journal.h", "BLOCK_JOURNAL_ENTRIES") * Headers.SizeOf("block_journal.h", "block_entry")));
    }

    [Fact]
    public void Names_the_devices_that_a_guest_is_to_have()
    {
        var record = new GuestRecord
        {
            Id = Guid.NewGuid(),
            Name = "web",
            Image = "hello",
            ImageDigest = "",
            Adapters = [new() { Id = 0, Slot = 1, Network = "default", Mac = "" }, new() { Id = 3, Slot = 4, Network = "default", Mac = "" }],
            Disks = [new() { Id = 14, Slot = 2, Path = "/disk" }],
        };

        IoMessages.Devices message = DeviceMessages.Of(record, new Life(7, 1, 0, 1, 8, 0));

        Assert.Equal((record.Id, 7u, 0b1001u, 1u << 14), ((Guid)message.Uuid, message.DomainId, message.Adapters, message.Disks));
    }

    [Theory]
    [InlineData(false, false, 0u)]
    [InlineData(true, false, 0u)]
    [InlineData(false, true, IoMessages.NetTrusted)]
    [InlineData(true, true, 0u)]
    public void Trusts_adapters_only_on_a_bridge_and_if_told(bool ours, bool trusted, uint flags)
    {
        Assert.True(MacAddress.TryParse("02:00:00:00:00:01", out MacAddress mac));
        var lease = new AddressLease { NetworkId = Guid.NewGuid(), Network = "lan", Guest = "web", Mac = mac, OnBridge = !ours };
        var adapter = new AdapterRecord { Slot = 1, Network = "lan", Mac = "02:00:00:00:00:01" };
        IoNetwork? network = ours ? new IoNetwork { Id = lease.NetworkId, Name = "lan", Mtu = 1500, HostMac = lease.Mac } : null;

        IoMessages.Net message = DeviceMessages.Of(Guid.NewGuid(), new Life(7, 1, 0, 1, 8, 0), adapter, lease, network, 1500, trusted);

        Assert.Equal((flags, network?.Id ?? Guid.Empty), (message.Flags, (Guid)message.Network));
    }

    [Theory]
    [InlineData(9000, 1500, 9000)] // lowered while the guest runs, which goes on with the old one
    [InlineData(1500, 9000, 9000)]
    [InlineData(0, 1500, 1500)]
    public void Tells_of_no_smaller_frames_than_the_guest_was_told(int told, int network, int mtu)
    {
        var adapter = new AdapterRecord { Slot = 1, Network = "lan", Mac = "02:00:00:00:00:01", Mtu = told };
        Assert.Equal(mtu, adapter.MtuOf(network));
        string json = JsonSerializer.Serialize(new GuestRecord { Id = Guid.NewGuid(), Name = "web", Image = "", ImageDigest = "", Adapters = [adapter] }, ToolstackJson.Default.GuestRecord);
        Assert.Equal(adapter, JsonSerializer.Deserialize(json, ToolstackJson.Default.GuestRecord)!.Adapters[0]); // over the next lightvmd too
    }

    [Fact]
    public void Writes_a_uuid_in_the_order_of_its_text()
    {
        IoMessages.Uuid uuid = new Guid("00112233-4455-6677-8899-aabbccddeeff");

        Assert.Equal("00112233445566778899aabbccddeeff", Convert.ToHexStringLower(uuid));
        Assert.Equal(new Guid("00112233-4455-6677-8899-aabbccddeeff"), (Guid)uuid);
    }
}
