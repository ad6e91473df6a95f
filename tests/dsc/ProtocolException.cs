namespace LightVM.DscEngine;

/// <summary>A resource did not keep to the protocol.</summary>
public sealed class ProtocolException(string message) : Exception(message);

/// <summary>A command ended with an exit code other than 0.</summary>
public sealed class CommandFailedException(int exitCode, string? text, IReadOnlyList<string> errors)
    : Exception($"exit code {exitCode} ({text}): {string.Join("; ", errors)}")
{
    public int ExitCode { get; } = exitCode;
}
