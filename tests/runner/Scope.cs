using System.Collections;
using System.Management.Automation;
using LightVM.Shell;

namespace LightVM.PesterRunner;

/// <summary>
/// Runs script blocks in scopes, on a thread that is already inside the runspace's pipeline. Pester gives a child block
/// the variables of its parents by nesting scopes on the stack:
/// <c>&amp; { . BeforeAll; &amp; { . child BeforeAll; &amp; { . BeforeEach; . It; . AfterEach } } }</c>.
/// So do we: <see cref="Nest"/> opens a scope and calls back into it, <see cref="Run"/> dot-sources into the scope of
/// the moment. Each is a nested pipeline, which can be stopped by itself when it hangs.
/// </summary>
internal sealed class Scope(ShellConsole console, Func<TimeSpan, Action, HangGuard> guard)
{
    private const string NestScript =
        """
        param($______run)
        foreach ($______pair in $______run.Variables.GetEnumerator()) {
            $ExecutionContext.SessionState.PSVariable.Set($______pair.Key, $______pair.Value)
        }
        $______run.Body.Invoke()
        """;

    // A catch makes errors that end a statement end the block, as they do under Pester.
    private const string RunScript =
        """
        param($______run)
        $______splat = $______run.Splat
        try { $______run.Value = . $______run.Block @______splat; $______run.Completed = $true }
        catch { $______run.Error = $_ }
        """;

    /// <summary>Calls <paramref name="body"/> inside a new scope that has the variables.</summary>
    public void Nest(IDictionary variables, Action body) =>
        Invoke(NestScript, new ScopeCall { Variables = variables, Body = body }, newScope: true, limit: null);

    /// <summary>Dot-sources a block into the current scope.</summary>
    /// <returns>The error that ended it, or null.</returns>
    public ErrorRecord? Run(ScriptBlock block, Hashtable? splat = null, TimeSpan? limit = null) =>
        Invoke(RunScript, new ScopeCall { Block = block, Splat = splat ?? [] }, newScope: false, limit).Error;

    /// <summary>The value of an expression in the current scope.</summary>
    public (object? Value, ErrorRecord? Error) Evaluate(ScriptBlock block)
    {
        var call = Invoke(RunScript, new ScopeCall { Block = block }, newScope: false, limit: null);
        return (call.Value, call.Error);
    }

    private ScopeCall Invoke(string script, ScopeCall call, bool newScope, TimeSpan? limit)
    {
        using var ps = PowerShell.Create(RunspaceMode.CurrentRunspace);
        ps.AddScript(script, newScope).AddArgument(call);
        // An error that ends nothing fails no test, but whoever looks for a failure's reason wants to see it.
        ps.Streams.Error.DataAdding += (_, e) => Show((ErrorRecord)e.ItemAdded);
        using var hang = limit is { } time ? guard(time, ps.Stop) : null;
        try
        {
            ps.Invoke();
        }
        catch (PipelineStoppedException) when (hang is { Fired: true })
        {
            // Told below: some stopped pipelines throw this, others just end.
        }

        if (hang is { Fired: true })
        {
            call.Error = hang.Error();
        }
        else if (call.Block is not null && call is { Completed: false, Error: null })
        {
            // Pester would end the block without a word, or end itself.
            call.Error = new ErrorRecord(
                new InvalidOperationException("'exit', or 'break' or 'continue' outside of a loop, left the block."),
                "TestFlowControl",
                ErrorCategory.InvalidOperation,
                null);
        }

        return call;
    }

    private void Show(ErrorRecord error)
    {
        if (ErrorText.IsProgramOutput(error))
        {
            console.WriteMessage(error.Exception.Message);
        }
        else
        {
            console.WriteError(ErrorText.Of(error));
        }
    }
}
