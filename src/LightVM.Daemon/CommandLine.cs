namespace LightVM.Daemon;

/// <summary>lightvmd's command line: <c>lightvmd [serve|dial|metrics|shutdown-guests|--version|--help] [options]</c>.</summary>
internal sealed class CommandLine
{
    public const string Usage = """
        lightvmd serve             the daemon (what systemd starts; the default)
        lightvmd dial              stdin and stdout to the daemon's HTTP/2 socket, for ssh
        lightvmd metrics           metrics of the daemon in Prometheus' text format (--output FILE: there, at once)
        lightvmd shutdown-guests   stop every guest in order, as at a shutdown of the host (--timeout SECONDS, 90)
        lightvmd --version
        options: --run-dir DIR (/run/lightvm), --state-dir DIR (/var/lib/lightvm)
        """;

    public string Command { get; private set; } = "serve";

    public string? RunDirectory { get; private set; }

    public string? StateDirectory { get; private set; }

    /// <summary>Of <c>metrics</c>; null: standard output.</summary>
    public string? Output { get; private set; }

    public TimeSpan Timeout { get; private set; } = TimeSpan.FromSeconds(90);

    /// <summary>What is wrong with the arguments, or null.</summary>
    public string? Error { get; private set; }

    public static CommandLine Parse(string[] args)
    {
        var line = new CommandLine();
        bool named = false;
        for (int i = 0; i < args.Length && line.Error is null; i++)
        {
            string arg = args[i];
            switch (arg)
            {
                case "--version" or "--help" or "-h":
                    line.Command = arg == "-h" ? "--help" : arg;
                    named = true;
                    break;
                case "--run-dir" or "--state-dir" or "--timeout" or "--output" when i + 1 == args.Length:
                    line.Error = $"{arg} needs a value";
                    break;
                case "--run-dir":
                    line.RunDirectory = args[++i];
                    break;
                case "--output":
                    line.Output = args[++i];
                    break;
                case "--state-dir":
                    line.StateDirectory = args[++i];
                    break;
                case "--timeout":
                    if (int.TryParse(args[++i], out int seconds) && seconds is >= 0 and <= 86_400)
                    {
                        line.Timeout = TimeSpan.FromSeconds(seconds);
                    }
                    else
                    {
                        line.Error = $"--timeout takes seconds, not '{args[i]}'";
                    }

                    break;
                case "serve" or "dial" or "metrics" or "shutdown-guests" when !named:
                    line.Command = arg;
                    named = true;
                    break;
                default:
                    line.Error = $"'{arg}' is not understood";
                    break;
            }
        }

        return line;
    }
}
