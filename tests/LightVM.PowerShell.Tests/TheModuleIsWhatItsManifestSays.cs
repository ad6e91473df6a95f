using System.Management.Automation;
using System.Xml.Linq;

namespace LightVM.PowerShell.Tests;

public sealed class TheModuleIsWhatItsManifestSays(ImportedModule module) : IClassFixture<ImportedModule>
{
    private static readonly string[] StateChangers = ["New", "Set", "Start", "Stop", "Restart", "Suspend", "Resume", "Remove", "Import", "Add", "Open", "Close", "Save", "Restore", "Move", "Resolve"];

    private static IEnumerable<Type> CmdletClasses => typeof(LightVMCmdlet).Assembly.GetTypes().Where(t => t.IsDefined(typeof(CmdletAttribute), false));

    [Fact]
    public void It_exports_each_cmdlet_class_and_nothing_else()
    {
        string[] classes = [.. CmdletClasses.Select(NameOf).Order(StringComparer.Ordinal)];
        Assert.Equal(classes, module.Cmdlets.Select(c => c.Name).Order(StringComparer.Ordinal));
        var data = (System.Collections.Hashtable)module.Run($"& ([scriptblock]::Create([IO.File]::ReadAllText('{module.Manifest}')))")[0].BaseObject;
        Assert.Equal(classes, ((object[])data["CmdletsToExport"]!).Select(name => name.ToString()).Order(StringComparer.Ordinal));
        Assert.Empty((object[])data["FunctionsToExport"]!);
        Assert.Empty((object[])data["AliasesToExport"]!);
        Assert.Matches(@"^\d+\.\d+\.\d+$", (string)data["ModuleVersion"]!);
    }

    [Fact]
    public void Its_classes_are_sealed_named_by_their_cmdlet_and_in_the_namespace_that_error_ids_show() => Assert.All(CmdletClasses, type =>
    {
        Assert.True(type.IsSealed, type.Name);
        Assert.Equal("LightVM.PowerShell", type.Namespace);
        Assert.Equal(NameOf(type).Replace("-", "", StringComparison.Ordinal) + "Command", type.Name);
        Assert.Single(Directory.GetFiles(Path.Combine(ImportedModule.Checkout, "src", "LightVM.PowerShell"), type.Name + ".cs", SearchOption.AllDirectories));
    });

    [Fact]
    public void Its_verbs_are_approved()
    {
        HashSet<string> approved =
        [
            .. new[] { typeof(VerbsCommon), typeof(VerbsCommunications), typeof(VerbsData), typeof(VerbsDiagnostic), typeof(VerbsLifecycle), typeof(VerbsOther), typeof(VerbsSecurity) }
                .SelectMany(verbs => verbs.GetFields()).Select(verb => (string)verb.GetValue(null)!),
        ];
        Assert.All(module.Cmdlets, cmdlet => Assert.Contains(cmdlet.Verb, approved));
    }

    [Fact]
    public void What_changes_something_can_be_tried_with_WhatIf() => Assert.All(
        module.Cmdlets.Where(c => StateChangers.Contains(c.Verb) || c.Name == "Invoke-LightVMReconcile"),
        cmdlet => Assert.True(cmdlet.Parameters.ContainsKey("WhatIf"), cmdlet.Name));

    [Fact]
    public void Only_what_gives_a_guest_or_its_memory_up_asks_unasked() => Assert.Equal(
        ["Remove-LightVM", "Remove-LightVMCheckpoint", "Resolve-LightVMMove"],
        CmdletClasses.Where(t => ((CmdletAttribute)t.GetCustomAttributes(typeof(CmdletAttribute), false)[0]).ConfirmImpact == ConfirmImpact.High).Select(NameOf).Order(StringComparer.Ordinal));

    [Fact]
    public void Guests_are_taken_as_objects_first_and_by_name_at_position_0() => Assert.All(
        module.Cmdlets.Where(c => c.Parameters.ContainsKey("VM") && c.Name != "Get-LightVMCheckpoint"), // its Name is the checkpoint's
        cmdlet =>
        {
            Assert.Equal("VM", cmdlet.DefaultParameterSet);
            ParameterMetadata name = cmdlet.Parameters["Name"];
            Assert.Equal(typeof(string[]), name.ParameterType);
            Assert.Contains("VMName", name.Aliases);
            ParameterSetMetadata set = name.ParameterSets["Name"];
            Assert.Equal(0, set.Position);
            Assert.True(set.ValueFromPipeline && set.ValueFromPipelineByPropertyName, cmdlet.Name);
            Assert.True(cmdlet.Parameters["VM"].ParameterSets["VM"].ValueFromPipeline, cmdlet.Name);
            Assert.Contains(name.Attributes, a => a is SupportsWildcardsAttribute);
        });

    [Theory]
    [InlineData("New-LightVM", "Name Image Memory VCpuCount Labels RestartPolicy HostName")]
    [InlineData("Set-LightVM", "Name Image Memory VCpuCount Labels RestartPolicy HostName")]
    [InlineData("Get-LightVM", "Name Id State Labels HostName")]
    public void Parameters_have_the_names_of_the_properties_of_a_guest(string cmdlet, string names) => Assert.Empty(
        names.Split(' ').Except(module.Cmdlets.Single(c => c.Name == cmdlet).Parameters.Keys));

    [Fact]
    public void Every_cmdlet_that_reaches_a_host_takes_its_name() => Assert.All(
        module.Cmdlets.Where(c => !c.Noun.EndsWith("Lab", StringComparison.Ordinal) && !c.Noun.EndsWith("Job", StringComparison.Ordinal) && c.Name is not ("Test-LightVMSpec" or "Build-LightVMUnikernel")),
        cmdlet => Assert.True(
            cmdlet.Parameters.TryGetValue("HostName", out ParameterMetadata? host) && host.Aliases.Contains("ComputerName"), cmdlet.Name));

    [Fact]
    public void Every_cmdlet_and_parameter_has_a_summary()
    {
        var texts = XDocument.Load(Path.ChangeExtension(typeof(LightVMCmdlet).Assembly.Location, ".xml"))
            .Descendants("member").ToDictionary(m => (string)m.Attribute("name")!, m => m.Element("summary")?.Value.Trim() ?? "");
        Assert.All(CmdletClasses, type =>
        {
            Assert.True(texts.GetValueOrDefault($"T:{type.FullName}", "").Length > 0, type.Name);
            foreach (var property in type.GetProperties().Where(p => p.IsDefined(typeof(ParameterAttribute), true)))
            {
                Assert.True(texts.GetValueOrDefault(DocumentationIds.Of(property), "").Length > 0, $"{type.Name}.{property.Name}");
            }
        });
    }

    [Fact]
    public void What_writes_says_of_which_type() => Assert.All(
        module.Cmdlets.Where(c => c.Verb is "Get" or "New" or "Import" or "Receive"),
        cmdlet => Assert.NotEmpty(cmdlet.OutputType));

    [Fact]
    public void It_can_be_imported_again_by_force_and_elsewhere()
    {
        module.Run($"Import-Module '{module.Manifest}' -Force");
        Assert.NotEmpty(module.Cmdlets);
        using var other = System.Management.Automation.PowerShell.Create(System.Management.Automation.Runspaces.InitialSessionState.CreateDefault2());
        var types = other.AddScript($"Import-Module '{module.Manifest}'; (Get-Command Get-LightVM).ImplementingType").Invoke();
        Assert.Same(module.Cmdlets.First(c => c.Name == "Get-LightVM").ImplementingType, types[0].BaseObject);
    }

    [Fact]
    public void What_scripts_see_is_in_the_default_load_context_and_the_rest_is_not()
    {
        Assert.Equal("Default", (string)module.Run("[System.Runtime.Loader.AssemblyLoadContext]::GetLoadContext([LightVM.Guest].Assembly).Name")[0].BaseObject);
        Assert.NotEqual(
            "Default",
            (string)module.Run("[System.Runtime.Loader.AssemblyLoadContext]::GetLoadContext((Get-Command Get-LightVM).ImplementingType.Assembly).Name")[0].BaseObject);
    }

    [Fact]
    public void One_that_is_not_built_says_how_to_build_it()
    {
        string directory = Directory.CreateTempSubdirectory("lightvm-unbuilt-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(directory, "module"));
            foreach (string file in Directory.GetFiles(Path.Combine(ImportedModule.Checkout, "module")).Append(Path.Combine(ImportedModule.Checkout, "LightVM.psd1")))
            {
                File.Copy(file, file.EndsWith(".psd1", StringComparison.Ordinal) ? Path.Combine(directory, "LightVM.psd1") : Path.Combine(directory, "module", Path.GetFileName(file)));
            }

            using var shell = System.Management.Automation.PowerShell.Create(System.Management.Automation.Runspaces.InitialSessionState.CreateDefault2());
            shell.AddScript($"Import-Module '{directory}/LightVM.psd1'").Invoke();
            Assert.Contains($"{directory}/build.sh build", Assert.Single(shell.Streams.Error).Exception.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static string NameOf(Type type)
    {
        var attribute = (CmdletAttribute)type.GetCustomAttributes(typeof(CmdletAttribute), false)[0];
        return $"{attribute.VerbName}-{attribute.NounName}";
    }
}
