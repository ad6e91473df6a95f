using System.Management.Automation;

namespace LightVM.PesterRunner;

/// <summary>BeforeDiscovery: runs its block at once, in the scope where it stands.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "BeforeDiscovery")]
public sealed class BeforeDiscoveryCommand : TestCommand
{
    [Parameter(Mandatory = true, Position = 0)]
    public ScriptBlock ScriptBlock { get; set; } = null!;

    protected override void ProcessRecord()
    {
        Discovering("BeforeDiscovery");
        if (File.Scope.Run(ScriptBlock) is { } error)
        {
            File.DiscoveryError ??= error;
            ThrowTerminatingError(new ErrorRecord(error.Exception, "Discovery", ErrorCategory.NotSpecified, null));
        }
    }
}
