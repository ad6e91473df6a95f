using System.Management.Automation;

namespace LightVM.PesterRunner;

[Cmdlet(VerbsCommon.Set, "BeforeEach")]
public sealed class BeforeEachCommand() : SetupCommand("BeforeEach")
{
    private protected override bool Note(Block block)
    {
        var first = block.BeforeEach is null;
        block.BeforeEach = ScriptBlock;
        return first;
    }
}
