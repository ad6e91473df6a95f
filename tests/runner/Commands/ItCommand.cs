using System.Management.Automation;

namespace LightVM.PesterRunner;

/// <summary>It: notes a test, or one per element of -ForEach.</summary>
[Cmdlet(VerbsCommon.Add, "Test")]
public sealed class ItCommand : TestCommand
{
    [Parameter(Mandatory = true, Position = 0)]
    public string Name { get; set; } = "";

    [Parameter(Position = 1)]
    public ScriptBlock? Test { get; set; }

    [Parameter]
    [Alias("TestCases")]
    public object[]? ForEach { get; set; }

    [Parameter]
    public string[] Tag { get; set; } = [];

    [Parameter]
    public SwitchParameter Skip { get; set; }

    protected override void ProcessRecord()
    {
        var block = Discovering("It");
        if (Test is null)
        {
            Deny("NoTest", $"It '{Name}' has no script block. Does its opening brace stand on the next line?");
        }

        if (block.IsRoot)
        {
            Deny("TestOutsideBlock", $"It '{Name}' stands outside of a Describe or Context.");
        }

        if (!MyInvocation.BoundParameters.ContainsKey(nameof(ForEach)))
        {
            Add(block, hasData: false, null);
            return;
        }

        foreach (var element in Elements(ForEach, "It"))
        {
            Add(block, hasData: true, element);
        }
    }

    private void Add(Block block, bool hasData, object? data) => block.Children.Add(new Test
    {
        Name = Name,
        ScriptBlock = Test!,
        File = MyInvocation.ScriptName,
        Line = MyInvocation.ScriptLineNumber,
        Tags = Tag,
        Parent = block,
        HasData = hasData,
        Data = data,
        Skip = Skip,
    });
}
