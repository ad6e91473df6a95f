using System.Management.Automation;

namespace LightVM.PesterRunner;

[Cmdlet(VerbsCommon.Set, "BeforeAll")]
public sealed class BeforeAllCommand() : SetupCommand("BeforeAll")
{
    private protected override bool Note(Block block)
    {
        var first = block.BeforeAll is null;
        block.BeforeAll = ScriptBlock;
        return first;
    }
}
