namespace LightVM.Reconcile.Tests;

/// <summary><c>${name}</c> and <c>${index}</c> in a guest's strings.</summary>
public sealed class ReplicaTextTests
{
    private readonly World world = new();

    public ReplicaTextTests() => world.AddImage(World.Manifest("hello", commandLine: "image=${name}"));

    [Theory]
    [InlineData("plain $name {name}", "plain $name {name}")]
    [InlineData("${name}", "web-3")]
    [InlineData("a ${index} b ${name} c", "a 3 b web-3 c")]
    [InlineData("${index}${index}", "33")]
    [InlineData("$${name}", "${name}")]
    [InlineData("$$${name}", "$${name}")]
    [InlineData("$${HOME}/${name}", "${HOME}/web-3")]
    [InlineData("$", "$")]
    [InlineData("", "")]
    public void Are_what_the_guest_is(string text, string expected)
    {
        Assert.Equal(expected, new ReplicaName("web-3", 3).Expand(text));
        Assert.Null(ReplicaName.FirstUnknown(text, numbered: true));
    }

    [Theory]
    [InlineData("${nam}", "${nam}")]
    [InlineData("${name} ${", "${")]
    [InlineData("${NAME}", "${NAME}")]
    [InlineData("${a${name}}", "${a${name}")]
    public void Others_are_not_known(string text, string unknown) => Assert.Equal(unknown, ReplicaName.FirstUnknown(text, numbered: true));

    [Fact]
    public void Any_text_can_be_said()
    {
        var random = new Random(7);
        for (int i = 0; i < 10_000; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => "$${{}name"[random.Next(9)]));
            string escaped = ReplicaName.Escape(text);
            Assert.Null(ReplicaName.FirstUnknown(escaped, numbered: false));
            Assert.Equal(text, new ReplicaName("web-3", 3).Expand(escaped));
        }
    }

    [Fact]
    public async Task Each_guest_has_its_own()
    {
        world.Guests.Add(World.Guest(
            "web", replicas: 2, commandLine: "host=${name}", labels: new() { ["number"] = "${index}", ["tier"] = "front" },
            arguments: ["--id", "${index}"], environment: new() { ["HOST"] = "${name}" }, disks: [new DiskSpec { Path = "/srv/${name}.img", Size = 4096 }]));
        world.Guests.Add(World.Guest("single", environment: new() { ["HOST"] = "${name}" }));
        await world.ReconcileAsync();
        Guest second = world.Host.Guests.Single(guest => guest.Name == "web-2");
        Assert.Equal(("host=web-2", "2", "front", "web-2"), (second.CommandLine, second.Labels["number"], second.Labels["tier"], second.Environment["HOST"]));
        Assert.Equal(["--id", "2"], second.Arguments);
        Assert.Equal("/srv/web-2.img", second.Disks.Single().Path);
        Assert.Equal("single", world.Host.Guests.Single(guest => guest.Name == "single").Environment["HOST"]);
        Assert.False((await world.PlanAsync()).HasChanges);
    }

    [Fact]
    public async Task The_images_own_command_line_stays_as_it_is()
    {
        world.Guests.Add(World.Guest("web", labels: new() { ["name"] = "${name}" }));
        await world.ReconcileAsync();
        Assert.Equal("image=${name}", world.Host.Guests.Single().CommandLine);
    }
}
