using System.Diagnostics;
using LightVM.Lab.Host;

namespace LightVM.Lab.Tests;

public sealed class LabStateFileTests
{
    [Fact]
    public void A_running_process_is_found_again()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.File("state.json");
        var state = State(Environment.ProcessId, MachineProcess.StartTicks(Environment.ProcessId)!.Value, MachineProcess.BootId);
        LabStateFile.Write(path, state);
        Assert.Equal(state, LabStateFile.ReadLive(path));
    }

    [Fact]
    public async Task A_process_that_ended_is_not()
    {
        using var directory = new TemporaryDirectory();
        using var process = Process.Start("sleep", "60");
        var path = directory.File("state.json");
        LabStateFile.Write(path, State(process.Id, MachineProcess.StartTicks(process.Id)!.Value, MachineProcess.BootId));
        Assert.NotNull(LabStateFile.ReadLive(path));
        process.Kill();
        await process.WaitForExitAsync();
        Assert.Null(LabStateFile.ReadLive(path));
    }

    [Fact]
    public void Another_process_with_its_number_is_not()
    {
        var ticks = MachineProcess.StartTicks(Environment.ProcessId)!.Value;
        Assert.False(State(Environment.ProcessId, ticks - 1, MachineProcess.BootId).IsAlive);
    }

    [Fact]
    public void A_state_of_an_earlier_boot_is_not()
    {
        var ticks = MachineProcess.StartTicks(Environment.ProcessId)!.Value;
        Assert.False(State(Environment.ProcessId, ticks, "00000000-0000-0000-0000-000000000000").IsAlive);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("null")]
    public void A_damaged_file_is_no_state(string content)
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory.File("state.json"), content);
        Assert.Null(LabStateFile.Read(directory.File("state.json")));
    }

    [Fact]
    public void No_file_is_no_state() => Assert.Null(LabStateFile.Read("/nonexistent/state.json"));

    [Theory]
    [InlineData("7 (a b) c) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20 21", 4711L)]
    [InlineData("7 (sleep) Z 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20 21", null)]
    public void The_start_is_read_behind_any_name(string line, long? expected) =>
        Assert.Equal(expected, MachineProcess.ParseStartTicks(line));

    private static LabState State(int pid, long ticks, string boot) => new()
    {
        Name = "default",
        Root = "/checkout",
        Phase = LabPhase.Up,
        Pid = pid,
        PidStartTicks = ticks,
        BootId = boot,
        SshPort = 2222,
        SshConfigFile = "/c",
        IdentityFile = "/i",
        ControlSocket = "/s",
        Accelerator = LabAccelerator.Tcg,
        Cpus = 2,
        MemoryBytes = 4L << 30,
        Dom0MemoryBytes = null,
        StartedAt = DateTimeOffset.UnixEpoch,
        LogFile = "/l",
        QemuLogFile = "/q",
    };
}
