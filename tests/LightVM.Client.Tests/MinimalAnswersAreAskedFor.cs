namespace LightVM.Client.Tests;

/// <summary>A client that looks at problems only asks for no more, and understands a daemon that gives more.</summary>
public sealed class MinimalAnswersAreAskedFor
{
    private static readonly GuestActionRequest Stop = new() { Action = GuestAction.Stop, Names = ["a"] };
    private static readonly CreateGuestsRequest Create = new() { Guests = [new GuestDefinition { Name = "a", Image = "i" }] };

    [Theory]
    [InlineData(201)]
    [InlineData(204)]
    public async Task That_all_succeeded_is_no_result(int status)
    {
        string? preferred = null;
        await using CannedDaemon daemon = await CannedDaemon.StartAsync(context =>
        {
            preferred = context.Request.Headers["Prefer"];
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });
        using LightVMClient client = daemon.Client();
        Assert.Null(await client.Guests.ActForProblemsAsync(Stop));
        Assert.Equal("return=minimal", preferred);
        Assert.Null(await client.Guests.CreateForProblemsAsync(Create));
    }

    [Fact]
    public async Task Results_that_come_all_the_same_are_read()
    {
        await using CannedDaemon daemon = await CannedDaemon.StartAsync(
            context => CannedDaemon.Json(context, """{"results":[{"target":"a","changed":false,"problem":{"code":"GuestNotFound","detail":"none"}}]}"""));
        using LightVMClient client = daemon.Client();
        BatchResult? result = await client.Guests.ActForProblemsAsync(Stop);
        Assert.Equal("GuestNotFound", Assert.Single(result!.Results).Problem!.Code);
    }

    [Fact]
    public async Task A_refusal_is_thrown()
    {
        await using CannedDaemon daemon = await CannedDaemon.StartAsync(
            context => CannedDaemon.Json(context, """{"code":"InvalidArgument","detail":"no","status":400}""", 400, "application/problem+json"));
        using LightVMClient client = daemon.Client();
        LightVMException e = await Assert.ThrowsAsync<LightVMException>(() => client.Guests.CreateForProblemsAsync(Create));
        Assert.Equal("InvalidArgument", e.Problem.Code);
    }
}
