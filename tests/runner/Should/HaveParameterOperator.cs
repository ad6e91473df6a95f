using System.Management.Automation;
using System.Management.Automation.Language;

namespace LightVM.PesterRunner;

/// <summary>-HaveParameter: what a command's parameter is like.</summary>
internal sealed class HaveParameterOperator() : SimpleOperator("HaveParameter")
{
    public override IReadOnlyList<(string Name, Type Type)> Parameters =>
    [
        ("ParameterName", typeof(object)),
        ("Type", typeof(object)),
        ("DefaultValue", typeof(object)),
        ("Mandatory", typeof(SwitchParameter)),
        ("InParameterSet", typeof(object)),
        ("HasArgumentCompleter", typeof(SwitchParameter)),
        ("Alias", typeof(object)),
    ];

    public override ShouldOutcome Test(ShouldCall call)
    {
        if ((call.Actual is PSObject wrapped ? wrapped.BaseObject : call.Actual) is not CommandInfo command)
        {
            throw new ArgumentException("-HaveParameter needs a command: Get-Command NAME | Should -HaveParameter ...");
        }

        var name = call.Text("ParameterName") ?? throw new ArgumentException("-HaveParameter needs a parameter's name.");
        var set = call.Text("InParameterSet");
        List<string> expected = [$"to{(call.Not ? " not" : "")} have a parameter {name}{(set is null ? "" : $" in parameter set {set}")}"];
        List<string> but = [];
        var narrowed = call.Has("Type") || call.Has("DefaultValue") || call.Switch("Mandatory") || set is not null
            || call.Switch("HasArgumentCompleter");
        if (!command.Parameters.TryGetValue(name, out var parameter))
        {
            if (call.Not)
            {
                return ShouldOutcome.Success;
            }

            but.Add("the parameter is missing");
        }
        else if (call.Not && !narrowed)
        {
            but.Add("the parameter exists");
        }
        else
        {
            Check(call, command, parameter, set, expected, but);
        }

        return but.Count == 0
            ? ShouldOutcome.Success
            : new ShouldOutcome($"Expected command {command.Name} {string.Join(", ", expected)}{call.Because} but {string.Join(" and ", but)}.");
    }

    private static void Check(
        ShouldCall call, CommandInfo command, ParameterMetadata parameter, string? set, List<string> expected, List<string> but)
    {
        // Under -Not, each thing asked for has to be absent.
        void Ask(string what, bool holds, string otherwise)
        {
            expected.Add((call.Not ? "not " : "") + what);
            if (holds == call.Not)
            {
                but.Add(call.Not ? "it was" : otherwise);
            }
        }

        var attributes = parameter.Attributes.OfType<ParameterAttribute>();
        if (set is not null)
        {
            attributes = attributes.Where(a => a.ParameterSetName.Equals(set, StringComparison.OrdinalIgnoreCase)).ToArray();
            if (attributes.Any() == call.Not)
            {
                but.Add(call.Not ? "the parameter exists" : "the parameter is missing");
                return;
            }
        }

        if (call.Has("Mandatory"))
        {
            // Pester 5 takes -Mandatory:$false for nothing, Pester 6 for "not mandatory".
            if (!call.Switch("Mandatory"))
            {
                throw new ArgumentException("-Mandatory:$false means different things to Pester 5 and 6. Use -Not -Mandatory.");
            }

            Ask("mandatory", attributes.Any(a => a.Mandatory), "it was not mandatory");
        }

        if (call.Has("Type"))
        {
            var type = TypeArgument.Read(call.Argument("Type"));
            Ask($"of type [{type}]", parameter.ParameterType == type, $"it was of type [{parameter.ParameterType}]");
        }

        if (call.Has("DefaultValue"))
        {
            var actual = DefaultValue(command, parameter.Name);
            Ask(
                $"with default value {ValueText.Of(call.Text("DefaultValue") ?? "")}",
                actual.Equals(call.Text("DefaultValue") ?? "", StringComparison.OrdinalIgnoreCase),
                $"the default value was {ValueText.Of(actual)}");
        }

        if (call.Switch("HasArgumentCompleter"))
        {
            Ask(
                "with an argument completer",
                parameter.Attributes.Any(a => a is ArgumentCompleterAttribute or ArgumentCompletionsAttribute),
                "it has none");
        }

        foreach (var alias in call.Has("Alias") ? Equality.Enumerate(call.Argument("Alias")) : [])
        {
            Ask($"with alias '{alias}'", parameter.Aliases.Contains($"{alias}", StringComparer.OrdinalIgnoreCase), $"it has no alias '{alias}'");
        }
    }

    private static string DefaultValue(CommandInfo command, string name)
    {
        var ast = command is FunctionInfo function ? function.ScriptBlock.Ast
            : (command as ExternalScriptInfo)?.ScriptBlock.Ast
            ?? throw new ArgumentException("-DefaultValue works for functions and scripts only.");
        var parameters = ast switch
        {
            FunctionDefinitionAst { Parameters: { } inline } => inline,
            FunctionDefinitionAst definition => definition.Body.ParamBlock?.Parameters,
            ScriptBlockAst body => body.ParamBlock?.Parameters,
            _ => null,
        };
        var value = parameters?
            .FirstOrDefault(p => p.Name.VariablePath.UserPath.Equals(name, StringComparison.OrdinalIgnoreCase))?.DefaultValue;
        return value switch
        {
            null => "",
            StringConstantExpressionAst text => text.Value,
            ConstantExpressionAst constant => LanguagePrimitives.ConvertTo<string>(constant.Value),
            _ => value.Extent.Text.TrimStart('$').Equals("null", StringComparison.OrdinalIgnoreCase) ? "" : value.Extent.Text.TrimStart('$'),
        };
    }
}
