using System.Management.Automation;

namespace LightVM.PesterRunner;

/// <summary>BeforeAll and its like: notes a script block for the run.</summary>
public abstract class SetupCommand(string word) : TestCommand
{
    [Parameter(Mandatory = true, Position = 0)]
    public ScriptBlock ScriptBlock { get; set; } = null!;

    protected override void ProcessRecord()
    {
        var block = Discovering(word);
        if (block.IsRoot && word.EndsWith("Each", StringComparison.Ordinal))
        {
            Deny("SetupInRoot", $"{word} stands outside of a Describe or Context.");
        }

        if (!Note(block))
        {
            // Pester 5 takes the last one, Pester 6 refuses.
            Deny("SetupTwice", $"'{block.Name}' has two {word}.");
        }
    }

    /// <summary>Notes the script block. False when there is one.</summary>
    private protected abstract bool Note(Block block);
}
