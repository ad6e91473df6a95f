using System.Runtime.CompilerServices;

namespace LightVM.Native.Tests;

public sealed class StructureSizes
{
    [Theory]
    [InlineData("lightvm_error", typeof(NativeError))]
    [InlineData("lightvm_host_info", typeof(XenHostInfo))]
    [InlineData("lightvm_domain_info", typeof(DomainInfo))]
    [InlineData("lightvm_guest_config", typeof(GuestConfig))]
    [InlineData("lightvm_guest_layout", typeof(GuestLayout))]
    [InlineData("lightvm_progress", typeof(SaveProgress.Counters))]
    [InlineData("lightvm_save_config", typeof(SaveConfig))]
    [InlineData("lightvm_restore_config", typeof(RestoreConfig))]
    [InlineData("lightvm_restored", typeof(RestoredGuest))]
    [InlineData("lightvm_claim", typeof(ShellClaim))]
    public void Are_those_of_the_header(string structure, Type type)
    {
        int size = (int)typeof(StructureSizes).GetMethod(nameof(SizeOf), System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!
            .MakeGenericMethod(type).Invoke(null, null)!;

        Assert.Equal(Headers.SizeOf("lightvm.h", structure), size);
    }

    [Fact]
    public void The_abi_is_that_of_the_header() => Assert.Equal((int)XenLibrary.Abi, Headers.Constant("lightvm.h", "LIGHTVM_ABI"));

    [Fact]
    public void The_affinity_has_the_words_of_the_header() =>
        Assert.Equal(GuestConfig.AffinityWords * 64, Headers.Constant("lightvm.h", "LIGHTVM_MAX_CPUS"));

    [Fact]
    public unsafe void A_config_puts_everything_where_C_looks_for_it()
    {
        var config = new GuestConfig
        {
            Uuid = new Guid("00112233-4455-6677-8899-aabbccddeeff"),
            Memory = 0x1122334455667788,
            VCpuCount = 2,
            CpuPool = 3,
            ControlPages = 4,
            Type = DomainType.Pvh,
            AnnouncedDevices = 9,
            Affinity = [5, 6, 7, 8],
        };
        config.SetKernel((byte*)0x1000, 0x10);
        config.SetRamdisk((byte*)0x2000, 0x20);
        config.SetCommandLine((byte*)0x3000);
        config.SetName((byte*)0x4000);
        var bytes = new ReadOnlySpan<byte>(&config, sizeof(GuestConfig));

        Assert.Equal("00112233445566778899aabbccddeeff", Convert.ToHexStringLower(bytes[..16]));
        ulong[] words = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(bytes[16..]).ToArray();
        Assert.Equal([0x1122334455667788, 2 | (1UL << 32), 3 | (4UL << 32), 0x1000, 0x10, 0x2000, 0x20, 0x3000, 0x4000, 9, 5, 6, 7, 8, 0, 0], words);
    }

    private static int SizeOf<T>() => Unsafe.SizeOf<T>();
}
