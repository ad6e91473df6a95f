namespace LightVM.Toolstack;

/// <summary>One clone of a request, on its way.</summary>
internal sealed class CloneDraft(string target)
{
    public string Target { get; } = target;

    /// <summary>Null: its name or its resources were refused.</summary>
    public ManagedGuest? Guest { get; set; }

    public Problem? Problem { get; set; }

    /// <summary>Its confirmed record, ready to be saved; null: it is to be written yet.</summary>
    public ReadOnlyMemory<byte>? Encoded { get; set; }
}
