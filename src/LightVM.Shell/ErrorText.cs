using System.Management.Automation;
using System.Management.Automation.Language;
using System.Text;

namespace LightVM.Shell;

/// <summary>Errors as a person wants to read them: who, what, where, and what to do.</summary>
public static class ErrorText
{
    /// <summary>The lines of one error, without a newline at the end.</summary>
    /// <param name="error">The error.</param>
    /// <param name="withPlace">Whether to name the script and line where it was written.</param>
    public static string Of(ErrorRecord error, bool withPlace = true)
    {
        ArgumentNullException.ThrowIfNull(error);
        if (error.Exception is ParseException { Errors.Length: > 0 } parse)
        {
            return Of(parse.Errors);
        }

        var text = new StringBuilder();
        var command = error.InvocationInfo?.MyCommand?.Name;
        if (!string.IsNullOrEmpty(command) && !command.EndsWith(".ps1", StringComparison.OrdinalIgnoreCase))
        {
            text.Append(command).Append(": ");
        }

        text.Append(Message(error));
        var script = error.InvocationInfo?.ScriptName;
        if (withPlace && !string.IsNullOrEmpty(script))
        {
            text.Append("\n  at ").Append(script).Append(':').Append(error.InvocationInfo!.ScriptLineNumber);
        }

        if (Recommendation(error) is { } recommendation)
        {
            text.Append("\n  Recommendation: ").Append(recommendation);
        }

        return text.ToString();
    }

    /// <summary>
    /// True for a line that a native program wrote to its standard error. The engine makes error records of them in
    /// every host but its own; programs write there whatever is no data, so they are no errors, as in pwsh.
    /// </summary>
    public static bool IsProgramOutput(ErrorRecord error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return error.FullyQualifiedErrorId is "NativeCommandError" or "NativeCommandErrorMessage";
    }

    /// <summary>A line per syntax error.</summary>
    public static string Of(IEnumerable<ParseError> errors) =>
        string.Join('\n', errors.Select(error => Position(error.Extent) + error.Message));

    /// <summary>The error record inside a terminating exception, or one made for it.</summary>
    public static ErrorRecord RecordOf(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception is IContainsErrorRecord { ErrorRecord: { } record }
            // The record of a rethrown exception may hold a husk that says less than the exception in hand.
            ? record.Exception is ParentContainsErrorRecordException ? new ErrorRecord(record, exception) : record
            : new ErrorRecord(exception, exception.GetType().Name, ErrorCategory.NotSpecified, null);
    }

    private static string? Recommendation(ErrorRecord error)
    {
        if (!string.IsNullOrWhiteSpace(error.ErrorDetails?.RecommendedAction))
        {
            return error.ErrorDetails.RecommendedAction;
        }

        // Whoever knows pwsh looks for its everyday commands here.
        return !Prompt.Available && error.Exception is CommandNotFoundException { CommandName: { } name }
            && name.Contains('-', StringComparison.Ordinal) && !name.Contains("LightVM", StringComparison.OrdinalIgnoreCase)
            ? "This lightvm stands on PowerShell's engine alone: commands such as Select-Object, Write-Error or "
                + "Get-ChildItem are not in it. Use pwsh, or PowerShell's language and .NET."
            : null;
    }

    private static string Message(ErrorRecord error)
    {
        var details = error.ErrorDetails?.Message;
        if (!string.IsNullOrWhiteSpace(details))
        {
            return details;
        }

        // "Exception calling "X" with "1" argument(s)" is PowerShell's; its cause is what the user can use.
        return error.Exception is MethodInvocationException { InnerException: { } inner }
            ? inner.Message
            : error.Exception.Message;
    }

    private static string Position(IScriptExtent extent)
    {
        var file = string.IsNullOrEmpty(extent.File) ? "line " : extent.File + ":";
        return $"{file}{extent.StartLineNumber}:{extent.StartColumnNumber}: ";
    }
}
