using LightVM.Lab.Boot;

namespace LightVM.Lab.Tests;

/// <summary>/dev/null stands for a /dev/kvm that can be opened.</summary>
public sealed class AcceleratorsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Without_a_device_only_emulation_is_tried() =>
        Assert.Equal([LabAccelerator.Tcg], new Accelerators(_directory.Path, "/nonexistent").Candidates(null));

    [Fact]
    public void An_untried_device_is_tried_first_and_emulation_after() =>
        Assert.Equal([LabAccelerator.Kvm, LabAccelerator.Tcg], new Accelerators(_directory.Path, "/dev/null").Candidates(""));

    [Fact]
    public void A_device_that_failed_is_not_tried_again()
    {
        new Accelerators(_directory.Path, "/dev/null").Record(works: false);
        Assert.Equal([LabAccelerator.Tcg], new Accelerators(_directory.Path, "/dev/null").Candidates(null));
    }

    [Fact]
    public void A_device_that_works_keeps_emulation_as_a_way_out()
    {
        new Accelerators(_directory.Path, "/dev/null").Record(works: true);
        var again = new Accelerators(_directory.Path, "/dev/null");
        Assert.True(again.Verdict());
        Assert.Equal([LabAccelerator.Kvm, LabAccelerator.Tcg], again.Candidates(null));
    }

    [Fact]
    public void What_was_seen_before_the_machine_was_restarted_does_not_count()
    {
        File.WriteAllText(_directory.File("kvm-verdict"), "another-boot fails");
        Assert.Null(new Accelerators(_directory.Path, "/dev/null").Verdict());
    }

    [Fact]
    public void A_wrong_force_names_the_variable()
    {
        var error = Assert.Throws<LabException>(() => new Accelerators(_directory.Path).Candidates("fast"));
        Assert.Contains("LIGHTVM_LAB_ACCEL", error.Message, StringComparison.Ordinal);
    }
}
