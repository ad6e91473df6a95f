using LightVM.Daemon;

CommandLine line = CommandLine.Parse(args);
if (line.Error is not null)
{
    Console.Error.WriteLine($"lightvmd: {line.Error}\n{CommandLine.Usage}");
    return 2;
}

var paths = new DaemonPaths(line.RunDirectory, line.StateDirectory);
switch (line.Command)
{
    case "--version":
        Console.WriteLine($"lightvmd {ServeCommand.Version}");
        return 0;
    case "--help":
        Console.WriteLine(CommandLine.Usage);
        return 0;
    case "dial":
        return DialCommand.Run(paths.Http2Socket);
    case "metrics":
        return MetricsCommand.Run(paths.Socket, line.Output);
    case "shutdown-guests":
        return ShutdownGuestsCommand.Run(paths.Socket, line.Timeout);
    default:
        return await ServeCommand.RunAsync(paths).ConfigureAwait(false);
}
