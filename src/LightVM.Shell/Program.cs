namespace LightVM.Shell;

/// <summary>The entry point of <c>lightvm</c>.</summary>
public static class Program
{
    /// <returns>0; 1 when any error was written; 2 for a wrong command line, or for changes where a cmdlet was asked -DetailedExitCode; 3 when stopped; or the script's own <c>exit</c>.</returns>
    public static int Main(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        var console = new ShellConsole();
        try
        {
            return Run(CommandLine.Parse(args), console);
        }
        catch (CommandLineException e)
        {
            console.WriteError("lightvm: " + e.Message);
            console.WriteError("Usage: " + CommandLine.Usage);
            return ExitCodes.Usage;
        }
        catch (ShellException e)
        {
            console.WriteError("lightvm: " + e.Message);
            console.WriteError("  Recommendation: " + e.Recommendation);
            return ExitCodes.Failed;
        }
    }

    private static int Run(CommandLine options, ShellConsole console)
    {
        if (options.Mode == CommandLineMode.Help)
        {
            console.WriteData(CommandLine.Help);
            return ExitCodes.Success;
        }

        if (options.Mode == CommandLineMode.Version)
        {
            console.WriteData(ShellHost.ProductVersion);
            return ExitCodes.Success;
        }

        if (options.Mode == CommandLineMode.Interactive && !Prompt.Available)
        {
            throw new CommandLineException(
                "this build has no interactive prompt (it stands on System.Management.Automation alone)");
        }

        // The prompt outlives a Ctrl-C, so it takes the signal itself.
        using var stop = options.Mode == CommandLineMode.Interactive ? null : new StopSignals();
        using var session = ShellSession.Open(console, new ShellSessionOptions
        {
            Module = options.NoModule ? null : ModuleLocator.Find(),
            CanPrompt = !options.NonInteractive,
            Stop = stop,
        });

        return options.Mode switch
        {
            CommandLineMode.Command => session.RunText(options.Text),
            CommandLineMode.StandardInput => session.RunText(Console.In.ReadToEnd()),
            CommandLineMode.Interactive => new Prompt(session, console, Console.In).Run(),
            _ => session.RunFile(options.Text, options.Arguments),
        };
    }
}
