using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;

namespace LightVM.Shell;

/// <summary>A runspace with our host and the LightVM module in it, and the ways to run something there.</summary>
public sealed class ShellSession : IDisposable
{
    private readonly ShellConsole _console;
    private readonly ShellHost _host;
    private readonly StopSignals? _stop;
    private volatile PowerShell? _running;

    private ShellSession(ShellConsole console, ShellHost host, Runspace runspace, StopSignals? stop)
    {
        _console = console;
        _host = host;
        _stop = stop;
        Runspace = runspace;
    }

    public Runspace Runspace { get; }

    /// <summary>Opens the runspace and imports the module.</summary>
    /// <exception cref="ShellException">The module cannot be imported.</exception>
    public static ShellSession Open(ShellConsole console, ShellSessionOptions options)
    {
        ArgumentNullException.ThrowIfNull(console);
        ArgumentNullException.ThrowIfNull(options);
        var host = new ShellHost(new ShellUserInterface(console, options.CanPrompt));
        PSStyle.Instance.OutputRendering = console.ColorOnOut ? OutputRendering.Host : OutputRendering.PlainText;
        var runspace = RunspaceFactory.CreateRunspace(host, InitialState(options.Commands));
        runspace.ThreadOptions = PSThreadOptions.UseCurrentThread;
        runspace.Open();
        Runspace.DefaultRunspace = runspace;
        var session = new ShellSession(console, host, runspace, options.Stop);
        if (options.Module is not null)
        {
            session.Import(options.Module);
        }

        return session;
    }

    /// <summary>Runs a command line or script text. Returns the exit code.</summary>
    public int RunText(string text)
    {
        // The pipeline's own parse error has no position in it.
        Parser.ParseInput(text, out _, out var errors);
        if (errors.Length > 0)
        {
            _console.WriteError(ErrorText.Of(errors));
            return ExitCodes.Failed;
        }

        return Run(ps => ps.AddScript(text, useLocalScope: false));
    }

    /// <summary>Runs a script file with arguments as they came from the command line. Returns the exit code.</summary>
    /// <exception cref="ShellException">There is no such file.</exception>
    public int RunFile(string path, IReadOnlyList<string> arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        var full = Path.GetFullPath(path);
        if (!File.Exists(full))
        {
            throw new ShellException(
                $"The script '{path}' does not exist.",
                "Name a script file, or use -Command to run text.");
        }

        return Run(ps =>
        {
            ScriptExit.EndsTheHost(Runspace);
            ps.AddCommand(full, useLocalScope: false);
            foreach (var parameter in ScriptArguments.Parse(arguments))
            {
                ps.Commands.Commands[0].Parameters.Add(parameter);
            }
        });
    }

    /// <summary>Stops what runs at the moment, if anything does. Safe on any thread.</summary>
    public void StopRunning() => _running?.BeginStop(null, null);

    public void Dispose() => Runspace.Dispose();

    /// <summary>Runs what <paramref name="build"/> adds; data to standard output, errors as they come.</summary>
    internal int Run(Action<PowerShell> build)
    {
        using var ps = PowerShell.Create(Runspace);
        build(ps);
        _running = ps;
        ps.AddCommand("Out-Default");
        var failed = false;
        ps.Streams.Error.DataAdding += (_, e) => failed |= Report((ErrorRecord)e.ItemAdded);
        using var stop = _stop?.Token.Register(() => ps.Stop());
        void OnOutputClosed(object? sender, EventArgs e) => _stop?.Request();
        _console.OutputClosed += OnOutputClosed;
        try
        {
            ps.Invoke();
        }
        catch (PipelineStoppedException)
        {
            return ExitCodes.Stopped;
        }
        catch (RuntimeException e)
        {
            failed |= Report(ErrorText.RecordOf(e));
        }
        finally
        {
            _running = null;
            _console.OutputClosed -= OnOutputClosed;
        }

        if (_stop?.Token.IsCancellationRequested == true)
        {
            return ExitCodes.Stopped;
        }

        return _host.ExitCode ?? (failed ? ExitCodes.Failed : _host.DetailedExitCode ?? ExitCodes.Success);
    }

    /// <summary>True once a script has said <c>exit</c>.</summary>
    internal bool ExitRequested => _host.ExitCode is not null;

    private static InitialSessionState InitialState(IEnumerable<SessionStateCommandEntry> commands)
    {
#if POWERSHELL_SDK
        var state = InitialSessionState.CreateDefault();
#else
        // CreateDefault wants the console host's assemblies, which this package has not.
        var state = InitialSessionState.CreateDefault2();
#endif
        foreach (var name in new[] { "Out-Default", "Out-Host" })
        {
            state.Commands.Remove(name, typeof(SessionStateCmdletEntry));
        }

        state.Commands.Add(new SessionStateCmdletEntry("Out-Default", typeof(OutDataCommand), null));
        state.Commands.Add(new SessionStateCmdletEntry("Out-Host", typeof(OutHostDataCommand), null));
        state.Commands.Add(commands);
        return state;
    }

    /// <summary>Writes an error. False for what is none: a program's line on its standard error.</summary>
    private bool Report(ErrorRecord error)
    {
        if (ErrorText.IsProgramOutput(error))
        {
            _console.WriteMessage(error.Exception.Message);
            return false;
        }

        _console.WriteError(ErrorText.Of(error));
        return true;
    }

    private void Import(string manifest)
    {
        using var ps = PowerShell.Create(Runspace);
        ps.AddCommand("Import-Module").AddParameter("Name", manifest)
            .AddParameter("ErrorAction", ActionPreference.Stop);
        try
        {
            ps.Invoke();
        }
        catch (RuntimeException e)
        {
            Runspace.Dispose();
            throw new ShellException(
                $"The LightVM module '{manifest}' cannot be loaded: {e.Message}",
                "Build it (./build.sh build), or use -NoModule to run without it.",
                e);
        }
    }
}
