using System.Management.Automation;

namespace LightVM.PowerShell.Tests;

public sealed class ErrorsHaveACategory
{
    public static TheoryData<string> Codes => [.. typeof(ErrorCodes).GetFields().Select(constant => (string)constant.GetValue(null)!)];

    [Theory]
    [MemberData(nameof(Codes))]
    public void Every_code(string code) => Assert.NotEqual(ErrorCategory.NotSpecified, ErrorCategories.Of(code));

    [Fact]
    public void A_code_of_a_newer_daemon() => Assert.Equal(ErrorCategory.NotSpecified, ErrorCategories.Of("SomethingNew"));

    [Fact]
    public void A_record_has_all_that_the_problem_has()
    {
        ErrorRecord record = ErrorCategories.ToErrorRecord(new LightVMException(ErrorCodes.GuestNotFound, "There is no guest 'x'.", "x", "Look."));
        Assert.Equal("GuestNotFound", record.FullyQualifiedErrorId);
        Assert.Equal("x", record.TargetObject);
        Assert.Equal("There is no guest 'x'.", record.ToString());
        Assert.Equal("Look.", record.ErrorDetails.RecommendedAction);
        Assert.Equal(ErrorCategory.ObjectNotFound, record.CategoryInfo.Category);
    }

    [Fact]
    public void A_recommendation_is_never_missing() =>
        Assert.NotEmpty(ErrorCategories.ToErrorRecord(new LightVMException("X", "d")).ErrorDetails.RecommendedAction);
}
