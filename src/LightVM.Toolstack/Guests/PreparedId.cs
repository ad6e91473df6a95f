using Microsoft.Win32.SafeHandles;

namespace LightVM.Toolstack;

/// <summary>An id for a guest to come: its intent is saved, its console log is made, and there is nothing else of it.</summary>
/// <param name="Log">Empty; whoever takes the id closes it.</param>
internal sealed record PreparedId(Guid Id, SafeFileHandle Log);
