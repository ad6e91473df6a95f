namespace LightVM.Shell;

/// <summary>The shell cannot start: the message names what failed, the recommendation what to do about it.</summary>
public sealed class ShellException(string message, string recommendation, Exception? inner = null)
    : Exception(message, inner)
{
    public string Recommendation { get; } = recommendation;
}
