namespace LightVM.Toolstack;

/// <summary>What lightvm-io says of the devices of a life. May be used from any thread.</summary>
internal sealed class LifeDevices
{
    private readonly Lock _sync = new();
    private Dictionary<DeviceKey, DeviceStatus>? _status;
    private TaskCompletionSource<string?>? _told;
    private string? _failure;
    private int _left;

    /// <summary>Completes when lightvm-io has answered for each device that the life began with: why one of them is not there, or null.</summary>
    public Task<string?> Told => _told?.Task ?? Task.FromResult<string?>(null);

    /// <summary>So many answers are going to come. Before the first of them.</summary>
    public void Expect(int count)
    {
        if (count > 0)
        {
            _left = count;
            _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public void Answer(string? failure)
    {
        lock (_sync)
        {
            _failure ??= failure;
            if (--_left > 0)
            {
                return;
            }
        }

        _told?.TrySetResult(_failure);
    }

    public DeviceStatus? Find(DeviceKey device)
    {
        lock (_sync)
        {
            return _status is not null && _status.TryGetValue(device, out DeviceStatus status) ? status : null;
        }
    }

    /// <summary>Only of devices that the guest has: bounded by those, whatever lightvm-io says.</summary>
    public void Set(DeviceKey device, DeviceStatus status)
    {
        lock (_sync)
        {
            (_status ??= [])[device] = status;
        }
    }

    public void Forget(DeviceKey device)
    {
        lock (_sync)
        {
            _status?.Remove(device);
        }
    }
}
