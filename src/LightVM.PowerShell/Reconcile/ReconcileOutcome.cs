namespace LightVM.PowerShell;

/// <summary>What became of steps, all together.</summary>
[Flags]
internal enum ReconcileOutcome
{
    Unchanged = 0,
    Changed = 1,

    /// <summary>Failed, blocked or taken back.</summary>
    Failed = 2,
}
