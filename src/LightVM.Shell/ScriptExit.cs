using System.Management.Automation.Runspaces;
using System.Reflection;

namespace LightVM.Shell;

/// <summary>
/// Makes <c>exit N</c> in the script that the shell was started for end the shell with N. Left alone, exit ends only
/// the script and sets $LASTEXITCODE, which cannot be told from the code of a program that the script ran.
/// </summary>
internal static class ScriptExit
{
    private const BindingFlags Internal = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public;

    /// <summary>
    /// Asks for it, for the next script file that starts. This is the switch that pwsh's own host uses for -File; it
    /// is not public, so it is looked up, and a test sees that it is there in the version that we ship.
    /// </summary>
    /// <exception cref="ShellException">This version of PowerShell's engine has no such switch.</exception>
    public static void EndsTheHost(Runspace runspace)
    {
        var context = typeof(Runspace).GetProperty("ExecutionContext", Internal)?.GetValue(runspace);
        var property = context?.GetType().GetProperty("ScriptCommandProcessorShouldRethrowExit", Internal)
            ?? throw new ShellException(
                "This version of System.Management.Automation does not let a script's exit code through.",
                "Run lightvm with the version that it was built with.");
        property.SetValue(context, true);
    }
}
