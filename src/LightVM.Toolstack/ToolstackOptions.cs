namespace LightVM.Toolstack;

/// <summary>Where things are and how long they may take. The defaults are a Debian host's.</summary>
public sealed class ToolstackOptions
{
    /// <summary>Holds sockets and console logs; gone after a boot.</summary>
    public string RunDirectory { get; init; } = "/run/lightvm";

    /// <summary>Holds images and dumps.</summary>
    public string StateDirectory { get; init; } = "/var/lib/lightvm";

    /// <summary>Holds <c>xen-MAJOR.MINOR/liblightvm.so</c>.</summary>
    public string LibraryDirectory { get; init; } = "/usr/lib/lightvm";

    /// <summary>The program that reads saved memory, which may be hostile.</summary>
    public string RestoreProgram { get; init; } = "/usr/libexec/lightvm/lightvm-restore";

    /// <summary>lightvm-io's socket.</summary>
    public string DataPlaneSocket { get; init; } = "/run/lightvm/io.sock";

    /// <summary>Bytes that dom0 always keeps when it is ballooned down to make room for guests.</summary>
    public long Dom0MemoryFloor { get; init; } = 512L << 20;

    /// <summary>From its unpausing to a guest's first event; after that it is destroyed and the start has failed.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The same for guests with a XenStore: a stock kernel unpacks itself and sets up its machine first, which takes its time on a slow host.</summary>
    public TimeSpan StockStartTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a start waits for lightvm-io to come back.</summary>
    public TimeSpan DataPlaneTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether VIRQ_DOM_EXC is taken where it is free. False where an xenstored is going to start on this host: it cannot
    /// start without it. Ends are then polled once a second.
    /// </summary>
    public bool DomainEvents { get; init; } = true;

    /// <summary>lightvmd's version, for <see cref="Host.Version"/>.</summary>
    public string Version { get; init; } = "0.1.0";

    /// <summary>Takes log lines; may be called on any thread.</summary>
    public Action<LogSeverity, string> Log { get; init; } = static (_, _) => { };
}
