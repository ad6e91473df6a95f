using LightVM.Toolstack;
using Microsoft.Extensions.Logging;

namespace LightVM.Daemon;

/// <summary>
/// The daemon's log: lines on stderr with the priority that systemd's journal reads. Also takes what Kestrel has to
/// say.
/// </summary>
internal sealed class DaemonLog : ILoggerProvider, ILogger
{
    private readonly Lock _gate = new();
    private readonly TextWriter _writer;

    public DaemonLog(TextWriter? writer = null) => _writer = writer ?? Console.Error;

    public void Write(LogSeverity severity, string message)
    {
        int priority = severity switch
        {
            LogSeverity.Error => 3,
            LogSeverity.Warning => 4,
            LogSeverity.Information => 6,
            _ => 7,
        };
        // Without a priority of its own a further line would be taken for a message of its own.
        string text = $"<{priority}>{message.ReplaceLineEndings($"\n<{priority}>  ")}\n";
        lock (_gate)
        {
            _writer.Write(text);
            _writer.Flush();
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning && logLevel != LogLevel.None;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            string text = formatter(state, exception);
            Write(logLevel >= LogLevel.Error ? LogSeverity.Error : LogSeverity.Warning, exception is null ? text : $"{text}\n{exception}");
        }
    }

    public void Dispose()
    {
    }
}
