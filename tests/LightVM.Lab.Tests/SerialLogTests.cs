using LightVM.Lab.Boot;

namespace LightVM.Lab.Tests;

public sealed class SerialLogTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Marks_are_reported_once_and_only_when_complete()
    {
        var path = _directory.File("serial.log");
        var log = new SerialLog(path);
        Assert.Empty(log.Read());
        Assert.False(log.HasOutput);

        // Xen and dom0 each add a carriage return.
        File.WriteAllText(path, "(XEN) hello\r\nlightvm-lab: initramfs\r\r\nlightvm-lab: ss");
        Assert.Equal(["initramfs"], log.Read());
        Assert.True(log.HasOutput);
        Assert.False(log.SshStarted);

        File.AppendAllText(path, "hd (dom0 up 5 s)\r\r\n");
        Assert.Equal(["sshd (dom0 up 5 s)"], log.Read());
        Assert.True(log.SshStarted);
        Assert.Null(log.Failure);
    }

    [Theory]
    [InlineData("lightvm-lab: FAILED: insmod x\n", "FAILED: insmod x")]
    [InlineData("[1.0] Kernel panic - not syncing: no init\r\n", "Kernel panic - not syncing: no init")]
    [InlineData("(XEN) Panic on CPU 0:\r\n", "Panic on CPU 0:")]
    public void A_failure_is_found(string text, string expected)
    {
        File.WriteAllText(_directory.File("serial.log"), text);
        var log = new SerialLog(_directory.File("serial.log"));
        log.Read();
        Assert.Equal(expected, log.Failure);
    }
}
