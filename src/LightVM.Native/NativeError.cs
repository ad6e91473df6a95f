using System.Runtime.InteropServices;
using System.Text;

namespace LightVM.Native;

/// <summary>struct lightvm_error.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeError
{
    public int ErrorNumber;
    public fixed byte Step[60];
    public fixed byte Message[192];

    public XenException ToException()
    {
        fixed (byte* step = Step)
        fixed (byte* message = Message)
        {
            return new XenException(ErrorNumber, Text(step, 60), Text(message, 192));
        }
    }

    private static string Text(byte* start, int size)
    {
        var span = new ReadOnlySpan<byte>(start, size);
        int end = span.IndexOf((byte)0);
        return Encoding.ASCII.GetString(end < 0 ? span : span[..end]);
    }
}
