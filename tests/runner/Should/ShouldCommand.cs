using System.Collections.ObjectModel;
using System.Management.Automation;

namespace LightVM.PesterRunner;

/// <summary>
/// Should. Its operators are parameters: a switch that chooses the parameter set, then the set's own parameters by position.
/// </summary>
[Cmdlet(VerbsLifecycle.Assert, "Should")]
public sealed class ShouldCommand : TestCommand, IDynamicParameters
{
    private readonly List<object?> _piped = [];
    private RuntimeDefinedParameterDictionary _parameters = [];

    [Parameter(ValueFromPipeline = true, ValueFromRemainingArguments = true)]
    [AllowNull]
    [AllowEmptyCollection]
    [AllowEmptyString]
    public object? ActualValue { get; set; }

    [Parameter]
    public SwitchParameter Not { get; set; }

    public object GetDynamicParameters()
    {
        _parameters = [];
        foreach (var operation in ShouldOperators.All)
        {
            Collection<Attribute> attributes = [new ParameterAttribute { ParameterSetName = operation.Name, Mandatory = true }];
            if (operation.Aliases.Count > 0)
            {
                attributes.Add(new AliasAttribute([.. operation.Aliases]));
            }

            _parameters.Add(
                operation.Name, new RuntimeDefinedParameter(operation.Name, typeof(SwitchParameter), attributes));
            var position = 1;
            foreach (var (name, type) in operation.Parameters.Append(("Because", typeof(object))))
            {
                if (!_parameters.TryGetValue(name, out var parameter))
                {
                    parameter = new RuntimeDefinedParameter(name, type, []);
                    _parameters.Add(name, parameter);
                }

                // A switch takes no place among the positions.
                var attribute = new ParameterAttribute { ParameterSetName = operation.Name };
                if (type != typeof(SwitchParameter))
                {
                    attribute.Position = position++;
                }

                parameter.Attributes.Add(attribute);
            }
        }

        return _parameters;
    }

    protected override void ProcessRecord() => _piped.Add(ActualValue);

    protected override void EndProcessing()
    {
        var operation = ShouldOperators.Named(ParameterSetName);
        var arguments = _parameters
            .Where(parameter => parameter.Value.IsSet)
            .ToDictionary(parameter => parameter.Key, parameter => (object?)parameter.Value.Value, StringComparer.OrdinalIgnoreCase);
        foreach (var actual in Actuals(operation))
        {
            Judge(operation, new ShouldCall(actual, Not, arguments, Invoke));
        }
    }

    private List<object?> Actuals(IShouldOperator operation)
    {
        if (_piped.Count == 0)
        {
            return [null];
        }

        if (!operation.TakesArray)
        {
            return _piped;
        }

        return MyInvocation.ExpectingInput ? [_piped.ToArray()] : [Equality.Enumerate(ActualValue)];
    }

    private void Judge(IShouldOperator operation, ShouldCall call)
    {
        ShouldOutcome outcome;
        try
        {
            outcome = operation.Test(call);
        }
        catch (Exception e) when (e is ArgumentException or PSInvalidCastException or InvalidCastException or IOException)
        {
            ThrowTerminatingError(new ErrorRecord(e, "ShouldArgument", ErrorCategory.InvalidArgument, call.Actual));
            return;
        }

        if (outcome.Message is null)
        {
            if (outcome.PassThru is not null)
            {
                WriteObject(outcome.PassThru);
            }

            return;
        }

        var error = new ErrorRecord(
            new InvalidOperationException(outcome.Message), ShouldOutcome.ErrorId, ErrorCategory.InvalidResult, null);
        if (MyInvocation.BoundParameters.TryGetValue("ErrorAction", out var action) && !action.Equals(ActionPreference.Stop))
        {
            File.SoftErrors.Add(new ErrorRecord(
                new InvalidOperationException($"{outcome.Message}\nat {MyInvocation.ScriptName}:{MyInvocation.ScriptLineNumber}"),
                ShouldOutcome.ErrorId,
                ErrorCategory.InvalidResult,
                null));
            return;
        }

        ThrowTerminatingError(error);
    }

    private ErrorRecord? Invoke(ScriptBlock block)
    {
        ErrorRecord? error = null;
        File.Scope.Nest(new Dictionary<string, object?>(), () => error = File.Scope.Run(block));
        return error;
    }
}
