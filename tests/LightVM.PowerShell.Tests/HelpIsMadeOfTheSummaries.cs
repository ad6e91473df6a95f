using System.Management.Automation;
using System.Xml.Linq;

namespace LightVM.PowerShell.Tests;

/// <summary>
/// module/en-US/LightVM.PowerShell.dll-Help.xml, what Get-Help shows, is made of the doc comments of the cmdlets.
/// LIGHTVM_UPDATE_HELP=1 writes it anew.
/// </summary>
public sealed class HelpIsMadeOfTheSummaries(ImportedModule module) : IClassFixture<ImportedModule>
{
    private static readonly XNamespace Root = "http://msh";
    private static readonly XNamespace Maml = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace Command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace Dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    private readonly Dictionary<string, XElement> docs = XDocument.Load(Path.ChangeExtension(typeof(LightVMCmdlet).Assembly.Location, ".xml"))
        .Descendants("member").ToDictionary(m => (string)m.Attribute("name")!);

    private static string HelpFile => Path.Combine(ImportedModule.Checkout, "module", "en-US", "LightVM.PowerShell.dll-Help.xml");

    [Fact]
    public void The_file_is_up_to_date()
    {
        string made = new XDocument(new XElement(
            Root + "helpItems",
            new XAttribute("schema", "maml"),
            new XAttribute(XNamespace.Xmlns + "maml", Maml),
            new XAttribute(XNamespace.Xmlns + "command", Command),
            new XAttribute(XNamespace.Xmlns + "dev", Dev),
            module.Cmdlets.OrderBy(c => c.Name, StringComparer.Ordinal).Select(HelpOf))).ToString() + "\n";
        if (Environment.GetEnvironmentVariable("LIGHTVM_UPDATE_HELP") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(HelpFile)!);
            File.WriteAllText(HelpFile, made);
        }

        Assert.True(
            File.Exists(HelpFile) && File.ReadAllText(HelpFile) == made,
            "module/en-US is not what the doc comments say: LIGHTVM_UPDATE_HELP=1 dotnet test tests/LightVM.PowerShell.Tests writes it.");
    }

    [Fact]
    public void Every_cmdlet_has_an_example() => Assert.All(
        module.Cmdlets, cmdlet => Assert.True(docs[$"T:{cmdlet.ImplementingType.FullName}"].Elements("example").Any(), cmdlet.Name));

    private static string Text(XElement? element) =>
        element is null ? "" : string.Join(' ', element.Nodes().Select(TextOf).Aggregate("", string.Concat).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static string TextOf(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "see" or "paramref" } see => ((string?)see.Attribute("cref") ?? (string?)see.Attribute("name") ?? "").Split('.', ':')[^1],
        XElement element => element.Value,
        _ => "",
    };

    private static XElement Para(string text) => new(Maml + "para", text);

    private XElement HelpOf(CmdletInfo cmdlet)
    {
        XElement doc = docs[$"T:{cmdlet.ImplementingType.FullName}"];
        string summary = Text(doc.Element("summary"));
        return new XElement(
            Command + "command",
            new XElement(
                Command + "details",
                new XElement(Command + "name", cmdlet.Name),
                new XElement(Maml + "description", Para(summary)),
                new XElement(Command + "verb", cmdlet.Verb),
                new XElement(Command + "noun", cmdlet.Noun)),
            new XElement(Maml + "description", Para(summary), Text(doc.Element("remarks")) is { Length: > 0 } remarks ? Para(remarks) : null),
            new XElement(
                Command + "syntax",
                cmdlet.ParameterSets.OrderByDescending(s => s.IsDefault).ThenBy(s => s.Name, StringComparer.Ordinal).Select(set => new XElement(
                    Command + "syntaxItem",
                    new XElement(Maml + "name", cmdlet.Name),
                    OwnOf(set).Select(p => ParameterOf(cmdlet, p, set.Name, withText: false)),
                    set.Parameters.Where(p => p.Name is "WhatIf" or "Confirm").OrderByDescending(p => p.Name, StringComparer.Ordinal).Select(SwitchOf)))),
            new XElement(
                Command + "parameters",
                cmdlet.ParameterSets.SelectMany(set => OwnOf(set).Select(p => (Set: set.Name, Parameter: p)))
                    .GroupBy(p => p.Parameter.Name).OrderBy(g => g.Key, StringComparer.Ordinal)
                    .Select(g => ParameterOf(cmdlet, g.First().Parameter, g.First().Set, withText: true))),
            new XElement(
                Command + "returnValues",
                cmdlet.OutputType.Select(type => new XElement(Command + "returnValue", new XElement(Dev + "type", new XElement(Maml + "name", type.Name))))),
            new XElement(
                Command + "examples",
                doc.Elements("example").Select((example, index) => new XElement(
                    Command + "example",
                    new XElement(Maml + "title", $"Example {index + 1}"),
                    new XElement(Dev + "code", example.Element("code")!.Value),
                    new XElement(Dev + "remarks", Para(Text(new XElement("x", example.Nodes().Where(n => n is not XElement { Name.LocalName: "code" })))))))));
    }

    // Those of every cmdlet are told by about_CommonParameters.
    private static IEnumerable<CommandParameterInfo> OwnOf(CommandParameterSetInfo set) => set.Parameters
        .Where(p => !Cmdlet.CommonParameters.Contains(p.Name) && !Cmdlet.OptionalCommonParameters.Contains(p.Name))
        .OrderBy(p => p.Position < 0 ? int.MaxValue : p.Position).ThenByDescending(p => p.IsMandatory).ThenBy(p => p.Name, StringComparer.Ordinal);

    private static XElement SwitchOf(CommandParameterInfo parameter) => new(
        Command + "parameter",
        new XAttribute("required", "false"), new XAttribute("globbing", "false"), new XAttribute("pipelineInput", "false"), new XAttribute("position", "named"),
        new XElement(Maml + "name", parameter.Name));

    private XElement ParameterOf(CmdletInfo cmdlet, CommandParameterInfo parameter, string set, bool withText)
    {
        _ = set;
        System.Reflection.PropertyInfo property = cmdlet.ImplementingType.GetProperty(parameter.Name)!;
        string pipeline = (parameter.ValueFromPipeline, parameter.ValueFromPipelineByPropertyName) switch
        {
            (true, true) => "true (ByValue, ByPropertyName)",
            (true, false) => "true (ByValue)",
            (false, true) => "true (ByPropertyName)",
            _ => "false",
        };
        return new XElement(
            Command + "parameter",
            new XAttribute("required", parameter.IsMandatory ? "true" : "false"),
            new XAttribute("globbing", parameter.Attributes.Any(a => a is SupportsWildcardsAttribute) ? "true" : "false"),
            new XAttribute("pipelineInput", pipeline),
            new XAttribute("position", parameter.Position < 0 ? "named" : parameter.Position.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            new XAttribute("aliases", string.Join(", ", parameter.Aliases)),
            new XElement(Maml + "name", parameter.Name),
            withText ? new XElement(Maml + "description", Para(Text(docs[DocumentationIds.Of(property)].Element("summary")))) : null,
            parameter.ParameterType == typeof(SwitchParameter)
                ? null
                : new XElement(Command + "parameterValue", new XAttribute("required", "true"), TypeName(parameter.ParameterType)));
    }

    private static string TypeName(Type type) =>
        type.IsArray ? TypeName(type.GetElementType()!) + "[]"
        : Nullable.GetUnderlyingType(type) is { } underlying ? TypeName(underlying)
        : type.IsEnum ? string.Join(" | ", Enum.GetNames(type))
        : type.Name;
}
