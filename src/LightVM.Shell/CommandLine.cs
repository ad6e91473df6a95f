namespace LightVM.Shell;

/// <summary>
/// The arguments of <c>lightvm</c>, read as pwsh reads its own: options first, then what to run; all that follows
/// -Command is the command, all that follows the file are its arguments.
/// </summary>
public sealed class CommandLine
{
    public const string Usage =
        "lightvm [-NoModule] [-NonInteractive] (-Command TEXT | [-File] SCRIPT.ps1 [ARGUMENT...] | -)";

    public const string Help =
        $"""
        Usage: {Usage}

        Runs PowerShell with the LightVM module loaded. Data goes to standard output; errors, warnings,
        verbose, host and progress messages go to standard error.

          -c, -Command TEXT   run TEXT (all further arguments belong to it)
          -f, -File SCRIPT    run a script; named and positional arguments reach its param()
          -                   run what standard input holds
          -NoModule           do not load the LightVM module
          -NonInteractive     never ask; a question becomes an error
          -Version, -Help

        Environment: LIGHTVM_MODULE (path of LightVM.psd1), NO_COLOR.
        Exit code: 0; 1 after any error; 2 wrong command line, or changes were
        made and -DetailedExitCode was asked; 3 stopped; or N after 'exit N'.
        """;

    public CommandLineMode Mode { get; private init; }

    /// <summary>The command's text or the script's path.</summary>
    public string Text { get; private init; } = "";

    /// <summary>The script's arguments, as they stood.</summary>
    public IReadOnlyList<string> Arguments { get; private init; } = [];

    public bool NoModule { get; private init; }

    public bool NonInteractive { get; private init; }

    /// <exception cref="CommandLineException">An option is unknown or lacks its value.</exception>
    public static CommandLine Parse(IReadOnlyList<string> args)
    {
        ArgumentNullException.ThrowIfNull(args);
        bool noModule = false, nonInteractive = false;

        CommandLine Make(CommandLineMode mode, string text = "", IEnumerable<string>? rest = null) => new()
        {
            Mode = mode,
            Text = text,
            Arguments = rest?.ToArray() ?? [],
            NoModule = noModule,
            NonInteractive = nonInteractive,
        };

        for (var i = 0; i < args.Count; i++)
        {
            var arg = args[i];
            if (arg == "-")
            {
                return Make(CommandLineMode.StandardInput);
            }

            if (arg.Length == 0 || arg[0] != '-')
            {
                return Make(CommandLineMode.File, arg, args.Skip(i + 1));
            }

            switch (arg.TrimStart('-').ToLowerInvariant())
            {
                case "c" or "command":
                    Require(args, i, arg, "the text to run");
                    return args[i + 1] == "-"
                        ? Make(CommandLineMode.StandardInput)
                        : Make(CommandLineMode.Command, string.Join(' ', args.Skip(i + 1)));
                case "f" or "file":
                    Require(args, i, arg, "the script to run");
                    return args[i + 1] == "-"
                        ? Make(CommandLineMode.StandardInput)
                        : Make(CommandLineMode.File, args[i + 1], args.Skip(i + 2));
                case "nomodule":
                    noModule = true;
                    break;
                case "noninteractive":
                    nonInteractive = true;
                    break;
                // pwsh's own, so that a line written for it runs here: we have no profile, no logo and no policy.
                case "noprofile" or "nop" or "nologo":
                    break;
                case "executionpolicy" or "ep":
                    Require(args, i, arg, "a policy");
                    i++;
                    break;
                case "h" or "help" or "?":
                    return Make(CommandLineMode.Help);
                case "v" or "version":
                    return Make(CommandLineMode.Version);
                default:
                    throw new CommandLineException($"unknown option '{arg}'");
            }
        }

        return Make(CommandLineMode.Interactive);
    }

    private static void Require(IReadOnlyList<string> args, int index, string option, string what)
    {
        if (index + 1 >= args.Count)
        {
            throw new CommandLineException($"{option} needs {what}");
        }
    }
}
