using System.Management.Automation;

namespace LightVM.PesterRunner;

[Cmdlet(VerbsCommon.Set, "AfterEach")]
public sealed class AfterEachCommand() : SetupCommand("AfterEach")
{
    private protected override bool Note(Block block)
    {
        var first = block.AfterEach is null;
        block.AfterEach = ScriptBlock;
        return first;
    }
}
