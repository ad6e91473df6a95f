using System.Globalization;

namespace LightVM.PowerShell.Tests;

/// <summary>When a job may change something. 2026-11-27 is a Friday.</summary>
public sealed class MaintenanceWindowTests
{
    [Theory]
    [InlineData("10:00-12:00", "2026-11-27 10:00", true)]
    [InlineData("10:00-12:00", "2026-11-27 11:59", true)]
    [InlineData("10:00-12:00", "2026-11-27 12:00", false)]
    [InlineData("10:00-12:00", "2026-11-27 09:59", false)]
    [InlineData("22:00-04:00", "2026-11-27 23:00", true)]
    [InlineData("22:00-04:00", "2026-11-27 03:59", true)]
    [InlineData("22:00-04:00", "2026-11-27 04:00", false)]
    [InlineData("Mon-Fri 22:00-04:00", "2026-11-28 03:00", true)] // Saturday's small hours are Friday's night
    [InlineData("Mon-Fri 22:00-04:00", "2026-11-28 23:00", false)]
    [InlineData("Mon-Fri 22:00-04:00", "2026-11-30 03:00", false)] // Monday's are Sunday's
    [InlineData("Sat,Sun 00:00-24:00", "2026-11-28 12:00", true)]
    [InlineData("Sat,Sun 00:00-24:00", "2026-11-27 12:00", false)]
    [InlineData("Fri-Mon 00:00-24:00", "2026-11-29 12:00", true)] // past the end of the week
    [InlineData("Fri-Mon 00:00-24:00", "2026-12-01 12:00", false)]
    [InlineData("Mon 01:00-02:00; fri 10:00-12:00", "2026-11-27 10:30", true)]
    public void It_holds_or_not(string window, string time, bool holds) =>
        Assert.Equal(holds, MaintenanceWindow.Parse(window).Contains(DateTime.Parse(time, CultureInfo.InvariantCulture)));

    [Theory]
    [InlineData("")]
    [InlineData("10-12")]
    [InlineData("10:00-10:00")]
    [InlineData("24:00-04:00")]
    [InlineData("25:00-04:00")]
    [InlineData("Mo 10:00-12:00")]
    [InlineData("Mon-Wed-Fri 10:00-12:00")]
    [InlineData("Mon 10:00 12:00")]
    [InlineData("10:00-12:00;")]
    [InlineData("10:00-12:00;\n13:00-14:00")] // it becomes a line of a unit file
    public void Others_are_refused(string window)
    {
        LightVMException e = Assert.Throws<LightVMException>(() => MaintenanceWindow.Parse(window));
        Assert.Equal(ErrorCodes.InvalidArgument, e.Problem.Code);
    }
}
