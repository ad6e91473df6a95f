namespace LightVM.Toolstack.Tests;

/// <summary>What a clone has of its source, and of what there can be none.</summary>
public sealed class ClonesOfGuests
{
    private static readonly GuestRecord Source = new()
    {
        Id = Guid.NewGuid(),
        Name = "web",
        Image = "http",
        ImageDigest = "sha256:" + new string('0', 64),
        Memory = 8 << 20,
        VCpuCount = 2,
        CommandLine = "port=80",
        Arguments = ["-v"],
        Labels = new() { ["tier"] = "front" },
        RestartPolicy = RestartPolicy.Always,
        Affinity = "0-1",
        Adapters = [new AdapterRecord { Id = 0, Slot = 1, Network = "default", Mac = "02:00:00:00:00:01", Address = "10.0.0.2" }],
        Publish = [new PublishedPort { HostPort = 8080, GuestPort = 80 }],
        ControlPages = 5,
        Fleet = "front",
        Revision = 7,
        Confirmed = true,
        DesiredRunning = true,
        State = GuestState.Running,
        DomainId = 12,
        RestartCount = 3,
    };

    private static GuestRecord Clone(CopyGuestsRequest request) => CloneRules.Define(Source, request.Names[0], Guid.NewGuid(), request, DateTimeOffset.UtcNow, Guid.NewGuid());

    [Fact]
    public void It_is_what_the_source_is_to_be_under_an_identity_of_its_own()
    {
        GuestRecord clone = Clone(new CopyGuestsRequest { Names = ["web-1"] });
        Assert.Equal("web-1", clone.Name);
        Assert.NotEqual(Source.Id, clone.Id);
        Assert.Equal(
            (Source.Image, Source.ImageDigest, Source.Memory, Source.VCpuCount, Source.CommandLine, Source.RestartPolicy, Source.Affinity, Source.ControlPages),
            (clone.Image, clone.ImageDigest, clone.Memory, clone.VCpuCount, clone.CommandLine, clone.RestartPolicy, clone.Affinity, clone.ControlPages));
        Assert.Equal(Source.Arguments, clone.Arguments);
        Assert.Equal("front", clone.Labels["tier"]);
    }

    [Fact]
    public void It_has_nothing_that_the_source_holds_of_the_host_and_nothing_of_its_life()
    {
        GuestRecord clone = Clone(new CopyGuestsRequest { Names = ["web-1"] });
        Assert.Empty(clone.Adapters);
        Assert.Empty(clone.Publish);
        Assert.Null(clone.Fleet);
        Assert.Null(clone.DomainId);
        Assert.False(clone.Confirmed);
        Assert.False(clone.DesiredRunning);
        Assert.Equal((GuestState.Stopped, 1, 0), (clone.State, clone.Revision, clone.RestartCount));
    }

    [Fact]
    public void It_has_labels_and_ports_that_were_asked_for()
    {
        var request = new CopyGuestsRequest { Names = ["web-1"], Labels = new() { ["a"] = "b" }, Publish = [new PublishedPort { HostPort = 81, GuestPort = 80 }] };
        CloneRules.CheckRequest(request, Source);
        GuestRecord clone = Clone(request);
        Assert.Equal("b", Assert.Single(clone.Labels).Value);
        Assert.Equal(81, Assert.Single(clone.Publish).HostPort);
        Assert.Equal(ErrorCodes.InvalidArgument, Refused(() => CloneRules.CheckRequest(
            new CopyGuestsRequest { Names = ["a", "b"], Publish = request.Publish }, Source)));
    }

    [Theory]
    [InlineData("/srv/web.img", "web-1", "/srv/web.web-1.img")]
    [InlineData("/srv/disks/data", "c", "/srv/disks/data.c")]
    [InlineData("/a.b.qcow", "c", "/a.b.c.qcow")]
    public void Its_disks_lie_beside_the_sources(string path, string clone, string own) => Assert.Equal(own, CloneRules.DiskPathOf(path, clone));

    [Fact]
    public void There_is_none_of_a_kernel_that_keeps_its_addresses()
    {
        CloneRules.CheckSource(Source);
        Assert.Equal(ErrorCodes.InvalidState, Refused(() => CloneRules.CheckSource(Source with { StoreEventChannel = 4 })));
        CloneRules.CheckSource(Source with { StoreEventChannel = 4, Adapters = [] });
    }

    [Theory]
    [InlineData(GuestState.Stopped)]
    [InlineData(GuestState.Paused)]
    [InlineData(GuestState.Crashed)]
    public void There_is_none_of_a_guest_without_memory_that_runs(GuestState state) =>
        Assert.Equal(ErrorCodes.InvalidState, Refused(() => CloneRules.CheckState(Source with { State = state })));

    private static string Refused(Action action) => Assert.Throws<LightVMException>(action).Problem.Code;
}
