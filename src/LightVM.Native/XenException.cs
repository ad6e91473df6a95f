namespace LightVM.Native;

/// <summary>A call into liblightvm or the kernel that failed: which step, with which errno.</summary>
public sealed class XenException : Exception
{
    public XenException(int errorNumber, string step, string message)
        : base(message)
    {
        ErrorNumber = errorNumber;
        Step = step;
    }

    /// <summary>errno, one of <see cref="Errno"/> or another.</summary>
    public int ErrorNumber { get; }

    /// <summary>What was being done: "create domain", "populate memory", …</summary>
    public string Step { get; }
}
