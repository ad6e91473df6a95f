namespace LightVM.PowerShell;

/// <summary>Why an interactive console ended.</summary>
internal enum ConsoleEnd
{
    /// <summary>The escape was typed, or there is nothing more to type.</summary>
    Left,

    /// <summary>The guest's side ended.</summary>
    GuestEnded,
}
