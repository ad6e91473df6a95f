namespace LightVM.Lab;

/// <summary>A lab operation failed. The message names what failed, on what, and what to do about it.</summary>
public sealed class LabException : Exception
{
    /// <summary>Creates the error.</summary>
    public LabException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the error with its cause.</summary>
    public LabException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
