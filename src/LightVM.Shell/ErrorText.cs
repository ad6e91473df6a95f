using System.Management.Automation;
using System.Text;

namespace LightVM.Shell;

/// <summary>Errors as a person wants to read them: who, what, where, and what to do.</summary>
public static class ErrorText
{
    /// <summary>The lines of one error, without a newline at the end.</summary>
    public static string Of(ErrorRecord error)
    {
        ArgumentNullException.ThrowIfNull(error);
        if (error.Exception is ParseException { Errors.Length: > 0 } parse)
        {
            return string.Join('\n', parse.Errors.Select(e => Position(e.Extent) + e.Message));
        }

        var text = new StringBuilder();
        var command = error.InvocationInfo?.MyCommand?.Name;
        if (!string.IsNullOrEmpty(command) && !command.EndsWith(".ps1", StringComparison.OrdinalIgnoreCase))
        {
            text.Append(command).Append(": ");
        }

        text.Append(Message(error));
        var script = error.InvocationInfo?.ScriptName;
        if (!string.IsNullOrEmpty(script))
        {
            text.Append("\n  at ").Append(script).Append(':').Append(error.InvocationInfo!.ScriptLineNumber);
        }

        if (!string.IsNullOrWhiteSpace(error.ErrorDetails?.RecommendedAction))
        {
            text.Append("\n  Recommendation: ").Append(error.ErrorDetails.RecommendedAction);
        }

        return text.ToString();
    }

    /// <summary>The error record inside a terminating exception, or one made for it.</summary>
    public static ErrorRecord RecordOf(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception is IContainsErrorRecord { ErrorRecord: { } record }
            // The record of a rethrown exception may hold a husk that says less than the exception in hand.
            ? record.Exception is ParentContainsErrorRecordException ? new ErrorRecord(record, exception) : record
            : new ErrorRecord(exception, exception.GetType().Name, ErrorCategory.NotSpecified, null);
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

    private static string Position(System.Management.Automation.Language.IScriptExtent extent)
    {
        var file = string.IsNullOrEmpty(extent.File) ? "line " : extent.File + ":";
        return $"{file}{extent.StartLineNumber}:{extent.StartColumnNumber}: ";
    }
}
