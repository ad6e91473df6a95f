namespace LightVM;

/// <summary>A host that the user has saved by a name. What <c>Get-LightVMHost -Saved</c> writes.</summary>
public sealed class SavedHost
{
    /// <summary>What <c>-HostName</c>, <c>LIGHTVM_HOST</c> and specs call it.</summary>
    public required string Name { get; init; }

    /// <summary>How it is reached: <c>unix:…</c>, <c>ssh://…</c>.</summary>
    public required string Endpoint { get; init; }

    /// <summary>Whether this session has been connected to it by a command.</summary>
    public bool IsConnected { get; init; }

    public override string ToString() => Name;
}
