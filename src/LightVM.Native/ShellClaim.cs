using System.Runtime.InteropServices;

namespace LightVM.Native;

/// <summary>struct lightvm_claim: what makes a guest of a shell. Pointers are borrowed for the call.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct ShellClaim
{
    private const uint NewUuid = 1;

    private fixed byte _uuid[16];
    private byte* _commandLine;
    private byte* _name;
    private uint _announcedDevices;
    private uint _flags;

    public Guid Uuid
    {
        set
        {
            fixed (byte* uuid = _uuid)
            {
                value.TryWriteBytes(new Span<byte>(uuid, 16), bigEndian: true, out _);
            }
        }
    }

    /// <summary>Whether the uuid is another than the shell was made with.</summary>
    public bool IsNewUuid
    {
        set => _flags = value ? NewUuid : 0;
    }

    /// <summary>Network and block devices that will be added at once; the guest waits for so many.</summary>
    public int AnnouncedDevices
    {
        set => _announcedDevices = (uint)value;
    }

    /// <param name="text">NUL-terminated, at most 63 bytes, or null.</param>
    public void SetName(byte* text) => _name = text;

    /// <param name="text">NUL-terminated, at most <see cref="GuestConfig.MaxCommandLine"/> bytes, or null.</param>
    public void SetCommandLine(byte* text) => _commandLine = text;
}
