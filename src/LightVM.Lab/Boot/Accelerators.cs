using LightVM.Lab.Host;

namespace LightVM.Lab.Boot;

/// <summary>
/// Which accelerators to try, best first. /dev/kvm may exist and yet hang or abort, as on some virtual machines, so it
/// counts only after a lab has been seen to boot under it. What was seen is kept until the machine's next boot.
/// </summary>
internal sealed class Accelerators
{
    public const string Variable = "LIGHTVM_LAB_ACCEL";

    private readonly string _file;
    private readonly string _device;

    /// <param name="directory">Where to keep what was seen.</param>
    /// <param name="device">The device that KVM needs.</param>
    public Accelerators(string directory, string device = "/dev/kvm")
    {
        _file = Path.Combine(directory, "kvm-verdict");
        _device = device;
    }

    /// <summary>Those to try in turn.</summary>
    /// <param name="forced">The value of the environment's <see cref="Variable"/>, if any.</param>
    public IReadOnlyList<LabAccelerator> Candidates(string? forced)
    {
        switch (forced)
        {
            case null or "":
                break;
            case "tcg":
                return [LabAccelerator.Tcg];
            case "kvm":
                return [LabAccelerator.Kvm];
            default:
                throw new LabException($"{Variable} is '{forced}': it can be 'tcg' or 'kvm', or absent.");
        }

        return IsUsable() && Verdict() != false ? [LabAccelerator.Kvm, LabAccelerator.Tcg] : [LabAccelerator.Tcg];
    }

    /// <summary>Whether KVM has been seen to work in this boot of the machine; null if it was not tried.</summary>
    public bool? Verdict()
    {
        try
        {
            return File.ReadAllText(_file).Split(' ') is [var boot, var verdict] && boot == MachineProcess.BootId
                ? verdict == "works"
                : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Keeps what was seen.</summary>
    public void Record(bool works)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_file)!);
        var next = $"{_file}.{Environment.ProcessId}";
        File.WriteAllText(next, $"{MachineProcess.BootId} {(works ? "works" : "fails")}");
        File.Move(next, _file, overwrite: true);
    }

    private bool IsUsable()
    {
        try
        {
            using var device = new FileStream(_device, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
