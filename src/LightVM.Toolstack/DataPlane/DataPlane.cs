using System.Runtime.InteropServices;
using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>
/// The connection to lightvm-io, kept up: systemd listens at the socket and starts the process again, we say HELLO, hand the
/// descriptors over, compare what it holds with what it is to hold.
/// </summary>
internal sealed partial class DataPlane : IDisposable
{
    private const int GrantDevices = 16; // the kernel walks one list of mappings per descriptor; see io.h
    private const string GrantDevice = "/dev/xen/gntdev";
    private const string EventDevice = "/dev/xen/evtchn";
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ShortestRetry = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(1);

    private readonly ToolstackOptions _options;
    private readonly IDataPlaneClient _client;
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;
    private readonly Lock _sync = new();
    private IoConnection? _connection; // once it is greeted
    private IoConnection? _newest;     // from its making on
    private TaskCompletionSource _up = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string _lastFailure = "it has not answered yet";

    public DataPlane(ToolstackOptions options, IDataPlaneClient client)
    {
        _options = options;
        _client = client;
        _thread = new Thread(Run) { IsBackground = true, Name = "data plane" };
    }

    public bool Connected => Volatile.Read(ref _connection) is not null;

    public void Start() => _thread.Start();

    /// <summary>Waits until it is connected. False: it is not in time.</summary>
    public async ValueTask<bool> WaitConnectedAsync(TimeSpan timeout)
    {
        if (Connected)
        {
            return true;
        }

        return await InTimeAsync(Volatile.Read(ref _up).Task, timeout).ConfigureAwait(false);
    }

    /// <summary>Waits until it holds what it is to hold.</summary>
    public Task<bool> WaitSyncedAsync(TimeSpan timeout) => InTimeAsync(Volatile.Read(ref _synced).Task, timeout);

    /// <exception cref="LightVMException">DataPlaneUnavailable.</exception>
    public async ValueTask RequireAsync(string? target)
    {
        if (!await WaitConnectedAsync(_options.DataPlaneTimeout).ConfigureAwait(false))
        {
            throw Problems.DataPlaneUnavailable(target, Volatile.Read(ref _lastFailure));
        }
    }

    public void Dispose()
    {
        _stop.Set();
        lock (_sync)
        {
            _newest?.Break();
        }

        if (_thread.IsAlive)
        {
            _thread.Join();
        }

        _stop.Dispose();
    }

    private static async Task<bool> InTimeAsync(Task task, TimeSpan timeout)
    {
        await Task.WhenAny(task, Task.Delay(timeout)).ConfigureAwait(false);
        return task.IsCompletedSuccessfully;
    }

    private void Run()
    {
        TimeSpan pause = ShortestRetry;
        while (!_stop.IsSet)
        {
            try
            {
                using var connection = new IoConnection(PacketSocket.Connect(_options.DataPlaneSocket, SendTimeout), _client);
                lock (_sync)
                {
                    _newest = connection;
                    if (_stop.IsSet)
                    {
                        return;
                    }
                }

                string why = "";
                var receiver = new Thread(() => why = connection.Receive()) { IsBackground = true, Name = "data plane receiver" };
                receiver.Start();
                try
                {
                    Greet(connection);
                    pause = ShortestRetry;
                    if (_stop.IsSet)
                    {
                        connection.Break(); // Dispose may have looked for a connection before this one was there
                    }
                }
                catch (Exception e) when (e is XenException or TimeoutException)
                {
                    connection.Break();
                    Fail(e.Message);
                }

                receiver.Join();
                lock (_sync)
                {
                    _newest = null;
                }

                if (Lose(connection) && !_stop.IsSet)
                {
                    Volatile.Write(ref _lastFailure, why);
                    _options.Log(LogSeverity.Warning, $"The connection to lightvm-io is lost: {why}.");
                    _client.OnLost();
                }
            }
            catch (XenException e)
            {
                Fail(e.Message);
            }

            if (_stop.Wait(pause))
            {
                return;
            }

            pause = pause * 2 < LongestRetry ? pause * 2 : LongestRetry;
        }
    }

    /// <summary>Hands the descriptors over, then compares. Copies of them are closed before anything is attached.</summary>
    private void Greet(IoConnection connection)
    {
        var devices = new List<SafeHandle>();
        Task<IoResult> hello;
        try
        {
            devices.Add(PacketSocket.OpenDevice(GrantDevice));
            devices.Add(PacketSocket.OpenDevice(EventDevice));
            for (int i = 1; i < GrantDevices; i++)
            {
                devices.Add(PacketSocket.OpenDevice(GrantDevice));
            }

            var answered = new TaskCompletionSource<IoResult>();
            connection.Hello(CollectionsMarshal.AsSpan(devices), result => answered.TrySetResult(result));
            hello = answered.Task;
        }
        finally
        {
            devices.ForEach(device => device.Dispose());
        }

        Expect(Wait(hello), "HELLO");
        var listed = new TaskCompletionSource<(IoResult Result, IReadOnlyList<(Guid, uint)> Guests)>();
        connection.List((result, guests) => listed.TrySetResult((result, guests)));
        (IoResult list, IReadOnlyList<(Guid, uint)> held) = Wait(listed.Task);
        Expect(list, "LIST");
        lock (_sync)
        {
            Volatile.Write(ref _connection, connection);
            _up.TrySetResult();
        }

        _options.Log(LogSeverity.Information, $"Connected to lightvm-io (pid {connection.PeerPid}), which holds {held.Count} guests.");
        _client.OnConnected(held);
        Volatile.Read(ref _synced).TrySetResult();
    }

    private bool Lose(IoConnection connection)
    {
        lock (_sync)
        {
            if (_connection != connection)
            {
                return false;
            }

            Volatile.Write(ref _connection, null);
            Volatile.Write(ref _up, new(TaskCreationOptions.RunContinuationsAsynchronously));
            Volatile.Write(ref _synced, new(TaskCreationOptions.RunContinuationsAsynchronously));
            return true;
        }
    }

    private void Fail(string why)
    {
        if (Interlocked.Exchange(ref _lastFailure, why) != why)
        {
            _options.Log(LogSeverity.Warning, $"lightvm-io cannot be reached: {why}");
        }
    }

    private static T Wait<T>(Task<T> task) =>
        task.Wait(AnswerTimeout) ? task.Result : throw new TimeoutException("lightvm-io does not answer");

    private static void Expect(IoResult result, string request)
    {
        if (!result.Succeeded)
        {
            throw new XenException(
                result.ErrorNumber,
                result.Step,
                result.Answered ? $"lightvm-io answered {request} with errno {result.ErrorNumber} ({result.Step})." : $"lightvm-io went away during {request}.");
        }
    }
}
