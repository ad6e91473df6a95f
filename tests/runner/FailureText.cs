using System.Management.Automation;
using LightVM.Shell;

namespace LightVM.PesterRunner;

/// <summary>An error that failed a test: what happened, then where.</summary>
internal static class FailureText
{
    public static string Of(ErrorRecord error)
    {
        var lines = new List<string>
        {
            // Of our own words the message says it all.
            error.FullyQualifiedErrorId.Contains("," + nameof(LightVM) + "." + nameof(PesterRunner), StringComparison.Ordinal)
                ? error.Exception.Message
                : ErrorText.Of(error, withPlace: false),
        };
        var info = error.InvocationInfo;
        if (!string.IsNullOrEmpty(info?.ScriptName))
        {
            lines.Add($"at {info.ScriptName}:{info.ScriptLineNumber}: {info.Line.Trim()}");
        }

        // Where helpers of the test file stand between the test and the error, the way to it.
        var frames = (error.ScriptStackTrace ?? "").Split('\n', StringSplitOptions.TrimEntries)
            .Where(frame => frame.Contains(".ps1: line", StringComparison.Ordinal)
                && !frame.Contains("ScriptScope.ps1", StringComparison.Ordinal))
            .ToArray();
        if (frames.Length > 1)
        {
            lines.AddRange(frames);
        }

        return string.Join('\n', lines);
    }
}
