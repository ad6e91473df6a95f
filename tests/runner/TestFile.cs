using System.Management.Automation;

namespace LightVM.PesterRunner;

/// <summary>The file that is being discovered or run, as the commands that it calls find it.</summary>
internal sealed class TestFile(string path, Scope scope)
{
    /// <summary>One file at a time, one runspace per file; its commands run on the runspace's thread or on jobs of it.</summary>
    public static TestFile? Current { get; set; }

    public Scope Scope { get; } = scope;

    public Block Root { get; } = new()
    {
        Name = System.IO.Path.GetFileName(path),
        ScriptBlock = ScriptBlock.Create(""),
        File = path,
        Line = 1,
    };

    /// <summary>The block whose body discovery runs; null once the tests run.</summary>
    public Block? Discovering { get; set; }

    /// <summary>The error that ended discovery, before it was wrapped on its way up.</summary>
    public ErrorRecord? DiscoveryError { get; set; }

    /// <summary>Failures of the running test that did not end it (Should -ErrorAction Continue).</summary>
    public List<ErrorRecord> SoftErrors { get; } = [];
}
