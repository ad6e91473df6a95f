using System.Management.Automation;

namespace LightVM.PesterRunner;

/// <summary>A Describe or Context, or the file itself, as discovery found it.</summary>
internal sealed class Block : Item
{
    public bool IsRoot => Parent is null;

    /// <summary>Blocks and tests in the order of the file, which is the order of the run.</summary>
    public List<Item> Children { get; } = [];

    public ScriptBlock? BeforeAll { get; set; }

    public ScriptBlock? AfterAll { get; set; }

    public ScriptBlock? BeforeEach { get; set; }

    public ScriptBlock? AfterEach { get; set; }

    /// <summary>Every test below that is to run.</summary>
    public IEnumerable<Test> TestsToRun() =>
        Children.Where(child => child.ShouldRun).SelectMany(child => child switch
        {
            Test test => [test],
            Block block => block.TestsToRun(),
            _ => [],
        });
}
