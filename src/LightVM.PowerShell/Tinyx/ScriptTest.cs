using System.Management.Automation;
using LightVM.Client;
using LightVM.Tinyx;

namespace LightVM.PowerShell;

/// <summary>A test that is a script block: it passes when it ends without an error, and its last value is not false.</summary>
/// <param name="script">It finds a <see cref="TinyxTestGuest"/> as <c>$_</c>.</param>
/// <param name="ports">Ports of the guest that are forwarded while it runs.</param>
/// <param name="post">Has the pipeline's thread do something.</param>
internal sealed class ScriptTest(ScriptBlock script, IReadOnlyList<int> ports, Func<Action, CancellationToken, ValueTask> post) : IImageTest
{
    public async Task<string?> TryAsync(LightVMClient client, Guest guest, CancellationToken cancellationToken)
    {
        var forwarders = new List<PortForwarder>();
        try
        {
            foreach (int port in ports)
            {
                forwarders.Add(PortForwarder.Start(client, guest, port, 0));
            }

            var about = new TinyxTestGuest
            {
                Name = guest.Name,
                Address = guest.Address,
                HostName = client.HostName,
                Memory = guest.Memory,
                Endpoint = forwarders.ToDictionary(f => f.Port.Port, f => f.Port.Endpoint),
            };
            var done = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
            await post(() => Invoke(about, done), cancellationToken).ConfigureAwait(false);
            return await done.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            forwarders.ForEach(f => f.Dispose());
        }
    }

    /// <summary>What it is: its text.</summary>
    public override string ToString() => script.ToString();

    private void Invoke(TinyxTestGuest guest, TaskCompletionSource<string?> done)
    {
        try
        {
            // Any error ends it, as a test's error has to.
            var variables = new List<PSVariable> { new("_", guest), new("ErrorActionPreference", ActionPreference.Stop) };
            var values = script.InvokeWithContext(null, variables);
            object? last = values.Count == 0 ? null : ArgumentMembers.Plain(values[^1]);
            done.TrySetResult(last is false ? "the test gave False" : null);
        }
        catch (PipelineStoppedException)
        {
            done.TrySetCanceled();
            throw;
        }
        catch (RuntimeException e)
        {
            done.TrySetResult(e.ErrorRecord.ToString()); // not "stopped because of ErrorActionPreference"
        }
    }
}
