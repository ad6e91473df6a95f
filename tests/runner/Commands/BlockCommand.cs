using System.Management.Automation;

namespace LightVM.PesterRunner;

/// <summary>Describe and Context: runs its body at once, which discovers what is in it.</summary>
public abstract class BlockCommand(string word) : TestCommand
{
    [Parameter(Mandatory = true, Position = 0)]
    public string Name { get; set; } = "";

    [Parameter(Position = 1)]
    public ScriptBlock? Fixture { get; set; }

    [Parameter]
    [Alias("Tags")]
    public string[] Tag { get; set; } = [];

    [Parameter]
    public SwitchParameter Skip { get; set; }

    [Parameter]
    public object? ForEach { get; set; }

    protected override void ProcessRecord()
    {
        var parent = Discovering(word);
        if (Fixture is null)
        {
            Deny("NoFixture", $"{word} '{Name}' has no script block. Does its opening brace stand on the next line?");
        }

        if (!MyInvocation.BoundParameters.ContainsKey(nameof(ForEach)))
        {
            Discover(parent, hasData: false, null);
            return;
        }

        foreach (var element in Elements(ForEach, word))
        {
            Discover(parent, hasData: true, element);
        }
    }

    private void Discover(Block parent, bool hasData, object? data)
    {
        var block = new Block
        {
            Name = Name,
            ScriptBlock = Fixture!,
            File = MyInvocation.ScriptName,
            Line = MyInvocation.ScriptLineNumber,
            Tags = Tag,
            Parent = parent,
            HasData = hasData,
            Data = data,
            Skip = Skip,
        };
        parent.Children.Add(block);
        var file = File;
        file.Discovering = block;
        ErrorRecord? error = null;
        file.Scope.Nest(block.Variables(), () => error = file.Scope.Run(Fixture!));
        file.Discovering = parent;
        if (error is not null)
        {
            file.DiscoveryError ??= error;
            ThrowTerminatingError(new ErrorRecord(error.Exception, "Discovery", ErrorCategory.NotSpecified, null));
        }
    }
}
