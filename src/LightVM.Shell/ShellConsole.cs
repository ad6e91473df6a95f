using System.Text;

namespace LightVM.Shell;

/// <summary>
/// The two streams of the process: data on standard output, all else on standard error.
/// Safe for use from several threads at once (runspaces of ForEach-Object -Parallel share it).
/// </summary>
public sealed class ShellConsole
{
    private const int WidthWithoutTerminal = 120;

    private readonly Lock _lock = new();
    private readonly TextWriter _out;
    private readonly TextWriter _error;
    private bool _transient;

    public ShellConsole()
        : this(
            new StreamWriter(new StandardOutputStream(), new UTF8Encoding(false)),
            Console.Error,
            outIsTerminal: !Console.IsOutputRedirected,
            errorIsTerminal: !Console.IsErrorRedirected)
    {
    }

    /// <summary>For tests and for hosts that collect what is written.</summary>
    public ShellConsole(TextWriter output, TextWriter error, bool outIsTerminal, bool errorIsTerminal)
    {
        _out = output;
        _error = error;
        OutIsTerminal = outIsTerminal;
        ErrorIsTerminal = errorIsTerminal;
        var plain = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            || Environment.GetEnvironmentVariable("TERM") is "dumb";
        ColorOnOut = outIsTerminal && !plain;
        ColorOnError = errorIsTerminal && !plain;
    }

    /// <summary>Raised once, on the writing thread, when nobody reads standard output any more.</summary>
    public event EventHandler? OutputClosed;

    public bool OutIsTerminal { get; }

    public bool ErrorIsTerminal { get; }

    public bool ColorOnOut { get; }

    public bool ColorOnError { get; }

    public bool InputIsTerminal { get; } = !Console.IsInputRedirected;

    /// <summary>Columns that a formatted table may use.</summary>
    public int Width
    {
        get
        {
            if (!OutIsTerminal)
            {
                return WidthWithoutTerminal;
            }

            var width = Console.WindowWidth;
            return width > 0 ? width : WidthWithoutTerminal;
        }
    }

    /// <summary>True once writing to standard output has failed for lack of a reader.</summary>
    public bool IsOutputClosed { get; private set; }

    public void WriteData(string text, bool newLine = true)
    {
        lock (_lock)
        {
            EraseTransient();
            if (IsOutputClosed)
            {
                return;
            }

            try
            {
                _out.Write(newLine ? text + "\n" : text);
                _out.Flush();
                return;
            }
            catch (IOException)
            {
                IsOutputClosed = true;
            }
        }

        OutputClosed?.Invoke(this, EventArgs.Empty);
    }

    /// <summary>An error's line: red on a terminal.</summary>
    public void WriteError(string text) => WriteMessage(text, Ansi.Red);

    /// <summary>A line, or a part of one, that is no data.</summary>
    public void WriteMessage(string text, string? color = null, bool newLine = true)
    {
        lock (_lock)
        {
            EraseTransient();
            _error.Write(color is not null && ColorOnError ? color + text + Ansi.Reset : text);
            if (newLine)
            {
                _error.Write('\n');
            }

            _error.Flush();
        }
    }

    /// <summary>A line on a terminal that the next output replaces.</summary>
    public void WriteTransient(string text)
    {
        lock (_lock)
        {
            EraseTransient();
            if (text.Length > 0)
            {
                var width = Math.Max(20, Width - 1);
                _error.Write(text.Length > width ? text[..width] : text);
                _error.Flush();
                _transient = true;
            }
        }
    }

    private void EraseTransient()
    {
        if (_transient)
        {
            _transient = false;
            _error.Write("\r\e[K");
            _error.Flush();
        }
    }
}
