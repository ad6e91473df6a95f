namespace LightVM.Tinyx.Tests;

public sealed class RecipesAreChecked
{
    [Fact]
    public void A_good_one_passes() =>
        new Recipe { Name = "web", Packages = ["nginx", "libapache2-mod-x.y+z"], Command = "nginx", User = "www-data:adm", Environment = new Dictionary<string, string> { ["A_1"] = "it's" } }.Check();

    [Theory]
    [InlineData("Web", "nginx", "nginx", null, "/", "A")]
    [InlineData("web", "../nginx", "nginx", null, "/", "A")]
    [InlineData("web", "-o", "nginx", null, "/", "A")]
    [InlineData("web", "nginx", " ", null, "/", "A")]
    [InlineData("web", "nginx", "nginx", "a b", "/", "A")]
    [InlineData("web", "nginx", "nginx", "root;x", "/", "A")]
    [InlineData("web", "nginx", "nginx", null, "srv", "A")]
    [InlineData("web", "nginx", "nginx", null, "/", "A;B")]
    [InlineData("web", "nginx", "ng\0inx", null, "/", "A")]
    public void What_is_wrong_is_named(string name, string package, string command, string? user, string directory, string variable)
    {
        var recipe = new Recipe
        {
            Name = name, Packages = [package], Command = command, User = user, WorkingDirectory = directory,
            Environment = new Dictionary<string, string> { [variable] = "x" },
        };
        Assert.Equal(ErrorCodes.InvalidArgument, Assert.Throws<LightVMException>(recipe.Check).Problem.Code);
    }

    [Fact]
    public void One_of_nothing_is_wrong() =>
        Assert.Contains("nothing", Assert.Throws<LightVMException>(new Recipe { Name = "x", Command = "y" }.Check).Message, StringComparison.Ordinal);
}
