using System.Management.Automation;

namespace LightVM.PesterRunner;

[Cmdlet(VerbsCommon.Set, "AfterAll")]
public sealed class AfterAllCommand() : SetupCommand("AfterAll")
{
    private protected override bool Note(Block block)
    {
        var first = block.AfterAll is null;
        block.AfterAll = ScriptBlock;
        return first;
    }
}
