using System.Runtime.InteropServices;

namespace LightVM.Shell;

/// <summary>
/// Turns Ctrl-C, SIGTERM and SIGHUP into one stop: the running pipeline is asked to end; a pipeline that has not
/// ended within the grace is left behind, for the caller was promised an end within a second.
/// </summary>
public sealed class StopSignals : IDisposable
{
    private static readonly TimeSpan s_grace = TimeSpan.FromMilliseconds(800);

    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly ManualResetEventSlim _ended = new();
    private int _requested;

    public StopSignals()
    {
        foreach (var signal in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP })
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                Request();
            }));
        }
    }

    /// <summary>Cancelled at the first signal.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>Asks everything to stop. Returns at once; safe on any thread, also several times.</summary>
    public void Request()
    {
        if (Interlocked.Exchange(ref _requested, 1) != 0)
        {
            return;
        }

        var watch = new Thread(() =>
        {
            if (!_ended.Wait(s_grace))
            {
                Environment.Exit(ExitCodes.Stopped);
            }
        })
        {
            IsBackground = true,
            Name = "stop grace",
        };
        watch.Start();
        ThreadPool.UnsafeQueueUserWorkItem(_ => _stop.Cancel(), null);
    }

    public void Dispose()
    {
        _ended.Set();
        _registrations.ForEach(registration => registration.Dispose());
    }
}
