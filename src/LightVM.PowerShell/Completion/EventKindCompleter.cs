using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace LightVM.PowerShell;

/// <summary>Completes kinds of events.</summary>
public sealed class EventKindCompleter : IArgumentCompleter
{
    private static readonly string[] Kinds =
    [
        "GuestCreated", "GuestStarted", "GuestStopped", "GuestCrashed", "GuestPaused", "GuestResumed", "GuestRestarting", "GuestChanged",
        "GuestRemoved", "GuestSaved", "GuestRestored", "GuestMoved", "GuestAdopted", "GuestFault", "GuestReady", "GuestNotReady", "CheckpointRemoved", "AdapterAdded", "AdapterRemoved", "DiskAdded", "DiskRemoved", "NetworkCreated", "NetworkChanged",
        "NetworkRemoved", "ImageImported", "ImageRemoved", "FleetApplied", "FleetRemoved", "DaemonStarted", "DaemonStopping",
        "DataPlaneConnected", "DataPlaneLost",
    ];

    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        NameCompletion.Results(wordToComplete, Kinds.Select(kind => (kind, kind)));
}
