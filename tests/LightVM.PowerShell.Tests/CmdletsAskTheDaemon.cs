using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using LightVM.Client.Tests;
using Microsoft.AspNetCore.Http;

namespace LightVM.PowerShell.Tests;

/// <summary>What the cmdlets for networks and devices send, to a daemon of canned answers.</summary>
public sealed class CmdletsAskTheDaemon(ImportedModule module) : IClassFixture<ImportedModule>, IAsyncLifetime
{
    private const string Id = "6f0d3c1e-6a57-4f39-8b70-0c1f1c2d3e4f";
    private const string Adapter = """{"id":0,"network":"default","mac":"02:1c:7b:00:00:01","address":"10.118.0.2","state":"connected","reachable":true}""";
    private const string Disk = """{"id":0,"path":"/srv/a.img","size":4096,"state":"connected"}""";
    private const string Guest = $$"""{"name":"web","id":"{{Id}}","state":"running","image":"http","address":"10.118.0.2","adapters":[{{Adapter}}],"disks":[{{Disk}}]}""";
    private const string Network = """{"name":"back","id":"6f0d3c1e-6a57-4f39-8b70-0c1f1c2d3e50","subnet":"10.9.0.0/24","mtu":1500,"dhcp":true,"nat":true,"broadcast":true}""";

    private readonly List<string> asked = [];
    private CannedDaemon daemon = null!;
    private string features = """["networks","adapters","disks","console-attach","port-forward","publish","checkpoints","clones","measurements"]""";
    private const string Checkpoint = $$"""{"name":"web-1","guest":"web","guestId":"{{Id}}","image":"http","imageDigest":"sha256:0","creationTime":"2026-01-01T00:00:00Z","inUse":true}""";

    private int measured;

    private static string Measurement(int second) => $$"""
        [{"name":"web","id":"{{Id}}","state":"running","time":"2026-01-01T00:00:{{second:00}}Z","domainId":7,"cpuTimeMs":{{500 * second}},"memory":4194304,"labels":{"tier":"front"},
        "adapters":[{"id":0,"network":"default","mac":"","counters":{"sentBytes":{{100 * (second + 1)}} } },{"id":1,"network":"default","mac":"","counters":{"sentBytes":100} }],
        "disks":[{"id":0,"path":"/a","counters":{"receivedBytes":20} }]}]
        """;

    private string HostName => $"unix:{daemon.Socket}";

    public async Task InitializeAsync() => daemon = await CannedDaemon.StartAsync(AnswerAsync);

    public async Task DisposeAsync()
    {
        module.Run($"Disconnect-LightVMHost -HostName '{HostName}' -ErrorAction SilentlyContinue");
        await daemon.DisposeAsync();
    }

    public static TheoryData<string, string> Requests => new()
    {
        { "New-LightVMNetwork back 10.9.0.0/24 -NoNat", """PUT /v1/networks/back?change=false {"subnet":"10.9.0.0/24","mtu":1500,"dhcp":true,"nat":false,"broadcast":false,"multicast":false,"isolated":false,"vlan":0,"trusted":false}""" },
        { "New-LightVMNetwork back -Bridge br0 -Vlan 20", """PUT /v1/networks/back?change=false {"subnet6":"","mtu":1500,"dhcp":false,"nat":false,"broadcast":false,"multicast":false,"isolated":false,"bridge":"br0","vlan":20,"trusted":false}""" },
        { "New-LightVMNetwork back -Bridge br0 -Trusted", """PUT /v1/networks/back?change=false {"subnet6":"","mtu":1500,"dhcp":false,"nat":false,"broadcast":false,"multicast":false,"isolated":false,"bridge":"br0","vlan":0,"trusted":true}""" },
        { "Set-LightVMNetwork back -Nat $false -Isolated $true", """PUT /v1/networks/back?change=true {"subnet":"10.9.0.0/24","subnet6":"","mtu":1500,"dhcp":true,"nat":false,"broadcast":true,"multicast":false,"isolated":true,"vlan":0,"trusted":false}""" },
        { "Get-LightVMNetwork back -HostName $h | Remove-LightVMNetwork", "DELETE /v1/networks/back " },
        { "Remove-LightVMNetwork b*", "DELETE /v1/networks/back " },
        { "Add-LightVMNetworkAdapter web back -RateLimit 10MB", $$"""POST /v1/guests/{{Id}}/adapters {"network":"back","rateLimit":10485760}""" },
        { "Get-LightVMNetwork back -HostName $h | Add-LightVMNetworkAdapter -Name web", $$"""POST /v1/guests/{{Id}}/adapters {"network":"back","rateLimit":0}""" },
        { "[pscustomobject]@{ Name = 'web' } | Add-LightVMNetworkAdapter -HostName $h", $$"""POST /v1/guests/{{Id}}/adapters {"network":"default","rateLimit":0}""" },
        { "'web' | Add-LightVMNetworkAdapter -Network back -HostName $h", $$"""POST /v1/guests/{{Id}}/adapters {"network":"back","rateLimit":0}""" },
        { "Set-LightVMNetworkAdapter web 0 -RateLimit 1KB", $$"""PATCH /v1/guests/{{Id}}/adapters/0 {"rateLimit":1024}""" },
        { "Get-LightVMNetworkAdapter web -HostName $h | Set-LightVMNetworkAdapter -RateLimit 0", $$"""PATCH /v1/guests/{{Id}}/adapters/0 {"rateLimit":0}""" },
        { "Remove-LightVMNetworkAdapter web -Id 0 -Force", $"DELETE /v1/guests/{Id}/adapters/0?force=true " },
        { "Get-LightVM web -HostName $h | Remove-LightVMNetworkAdapter -Id 0", $"DELETE /v1/guests/{Id}/adapters/0 " },
        { "Add-LightVMDisk web /srv/b.img -Size 1GB", $$"""POST /v1/guests/{{Id}}/disks {"path":"/srv/b.img","readOnly":false,"size":1073741824}""" },
        { "Get-LightVMDisk web -HostName $h | Remove-LightVMDisk", $"DELETE /v1/guests/{Id}/disks/0 " },
        { "Set-LightVM web -Publish 8080:80", $$"""PATCH /v1/guests/{{Id}} {"publish":[{"hostPort":8080,"guestPort":80,"protocol":"tcp"}]}""" },
        { "Set-LightVM web -Publish @() -Argument @() -FileContent @{}", $$"""PATCH /v1/guests/{{Id}} {"publish":[],"arguments":[],"files":[]}""" },
        { "Set-LightVM web -Type Pvh", $$"""PATCH /v1/guests/{{Id}} {"type":"pvh"}""" },
        { "Wait-LightVM web -For Ready -Timeout 5", $$"""POST /v1/guests/wait {"ids":["{{Id}}"],"for":"ready","timeoutMs":5000}""" },
        {
            "New-LightVM web http -NetworkAdapter back, @{ Network = 'default'; Rate = 1KB } -Disk '/srv/a.img,ro' -Publish 80, '53:53/udp' -Argument '-v' -Environment @{ A = 1 } -FileContent @{ '/i' = 'hi' } -Type Pvh",
            """POST /v1/guests {"guests":[{"name":"web","image":"http","memory":0,"vcpuCount":1,"restartPolicy":"never","onCrash":"destroy","cpuPool":0,"adapters":[{"network":"back","rateLimit":0},{"network":"default","rateLimit":1024}],"disks":[{"path":"/srv/a.img","readOnly":true,"size":0}],"publish":[{"hostPort":80,"guestPort":80,"protocol":"tcp"},{"hostPort":53,"guestPort":53,"protocol":"udp"}],"arguments":["-v"],"environment":{"A":"1"},"files":[{"path":"/i","content":"aGk=","mode":292}],"type":"pvh"}],"start":true}"""
        },
        { "Save-LightVM web -Keep -CheckpointName one -Force -Timeout 3", $$"""POST /v1/guests/save {"ids":["{{Id}}"],"checkpointName":"one","keep":true,"includeDisks":false,"force":true,"timeoutMs":3000}""" },
        { "Restore-LightVM web-1 -Force", """POST /v1/checkpoints/restore {"checkpoints":["web-1"],"force":true}""" },
        { "Restore-LightVM -Name web", """POST /v1/checkpoints/restore {"checkpoints":["web-1"],"force":false}""" },
        { "Get-LightVMCheckpoint web-1 -HostName $h | Restore-LightVM", """POST /v1/checkpoints/restore {"checkpoints":["web-1"],"force":false}""" },
        { "Copy-LightVM web -Count 2", $$"""POST /v1/guests/{{Id}}/copy {"names":["web-1","web-2"],"copyDisks":false,"timeoutMs":10000}""" },
        { "Copy-LightVM web -NewName b -Label @{ a = 1 } -Publish 80 -CopyDisks -Timeout 1", $$"""POST /v1/guests/{{Id}}/copy {"names":["b"],"labels":{"a":"1"},"publish":[{"hostPort":80,"guestPort":80,"protocol":"tcp"}],"copyDisks":true,"timeoutMs":1000}""" },
        { "Get-LightVMCheckpoint web-1 -HostName $h | Copy-LightVM -Count 2 -NewName 'c-*-x'", """POST /v1/checkpoints/web-1/copy {"names":["c-1-x","c-2-x"],"copyDisks":false,"timeoutMs":10000}""" },
        { "Copy-LightVM -CheckpointName web-1", """POST /v1/checkpoints/web-1/copy {"names":["web-1-1"],"copyDisks":false,"timeoutMs":10000}""" },
        { "Get-LightVMCheckpoint w* -HostName $h | Remove-LightVMCheckpoint -Confirm:$false", "DELETE /v1/checkpoints/web-1 " },
        { "Remove-LightVMCheckpoint web-1 -Force -Confirm:$false", "DELETE /v1/checkpoints/web-1?force=true " },
        { "New-LightVM web http -NoNetwork", """POST /v1/guests {"guests":[{"name":"web","image":"http","memory":0,"vcpuCount":1,"restartPolicy":"never","onCrash":"destroy","cpuPool":0,"adapters":[]}],"start":true}""" },
        { "New-LightVM web http -NetworkAdapter @()", """POST /v1/guests {"guests":[{"name":"web","image":"http","memory":0,"vcpuCount":1,"restartPolicy":"never","onCrash":"destroy","cpuPool":0,"adapters":[]}],"start":true}""" },
        { "New-LightVM web http", """POST /v1/guests {"guests":[{"name":"web","image":"http","memory":0,"vcpuCount":1,"restartPolicy":"never","onCrash":"destroy","cpuPool":0}],"start":true}""" },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public void In_its_words(string command, string expected)
    {
        Run(command);
        Assert.Equal(expected, Assert.Single(Changes()));
        asked.Clear();
        if (!command.StartsWith("Wait", StringComparison.Ordinal))
        {
            Run(command + " -WhatIf");
            Assert.Empty(Changes());
        }
    }

    [Fact]
    public void A_kernels_file_becomes_an_image_named_by_its_content()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "not much of a kernel");
            Run($"New-LightVM web -Kernel '{path}' -Ramdisk '{path}' -CommandLine quiet");
            string[] changes = Changes();
            Assert.Equal(3, changes.Length);
            Assert.StartsWith("PUT /v1/blobs/sha256", Uri.UnescapeDataString(changes[0]), StringComparison.Ordinal);
            Assert.Matches("""^PUT /v1/images/kernel-[0-9a-f]{16}\?force=false \{"name":"kernel-[0-9a-f]{16}","kind":"unikernel",""", changes[1]);
            Assert.Matches("""^POST /v1/guests \{"guests":\[\{"name":"web","image":"kernel-[0-9a-f]{16}",.*"commandLine":"quiet"\}\]""", changes[2]);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Devices_know_their_guest_and_are_shown()
    {
        PSObject adapter = Assert.Single(Run("Get-LightVMNetworkAdapter w*"));
        Assert.Equal(("web", HostName, 0), ((string)adapter.Properties["VMName"].Value, (string)adapter.Properties["ComputerName"].Value, (int)adapter.Properties["Id"].Value));
        Assert.Empty(Run("Get-LightVMNetworkAdapter web 7"));
        Run("Get-LightVMDisk web -Counters");
        Assert.Contains(asked, request => request.StartsWith($"GET /v1/guests/{Id}/disks?counters=true", StringComparison.Ordinal));
    }

    [Fact]
    public void A_name_that_is_none_is_an_error_and_a_wildcard_without_a_match_is_not()
    {
        Assert.Empty(ErrorsOf("Get-LightVMNetwork x*; Remove-LightVMNetwork x*; Get-LightVMNetworkAdapter x*; Get-LightVMPort x*; Close-LightVMPort x*"));
        Assert.Equal("NetworkNotFound,LightVM.PowerShell.GetLightVMNetworkCommand", Assert.Single(ErrorsOf("Get-LightVMNetwork nope")).FullyQualifiedErrorId);
        Assert.Equal("GuestNotFound,LightVM.PowerShell.AddLightVMDiskCommand", Assert.Single(ErrorsOf("Add-LightVMDisk nope /d")).FullyQualifiedErrorId);
        Assert.Equal("InvalidArgument,LightVM.PowerShell.SetLightVMNetworkCommand", Assert.Single(ErrorsOf("Set-LightVMNetwork back")).FullyQualifiedErrorId);
        Assert.Equal("InvalidArgument,LightVM.PowerShell.NewLightVMCommand", Assert.Single(ErrorsOf("New-LightVM a b -NoNetwork -NetworkAdapter back")).FullyQualifiedErrorId);
        Assert.Equal("ImageInvalid,LightVM.PowerShell.NewLightVMCommand", Assert.Single(ErrorsOf("New-LightVM a -Kernel /no/such/kernel")).FullyQualifiedErrorId);
        Assert.Empty(Changes());
    }

    [Fact]
    public void A_daemon_that_cannot_is_not_asked()
    {
        features = "[]";
        foreach (string command in new[]
        {
            "Get-LightVMNetwork", "Add-LightVMNetworkAdapter web", "Get-LightVMDisk web", "New-LightVM a b -Publish 80", "Open-LightVMPort web 80", "Set-LightVM web -Publish 80",
            "Get-LightVMCheckpoint", "Save-LightVM web", "Restore-LightVM web-1", "Copy-LightVM web", "Measure-LightVM", "Move-LightVM web unix:/elsewhere",
        })
        {
            Assert.StartsWith("FeatureMissing,", Assert.Single(ErrorsOf(command)).FullyQualifiedErrorId, StringComparison.Ordinal);
        }

        Assert.Empty(Changes());
    }

    [Fact]
    public void Guests_are_measured_by_one_request_and_rates_by_two()
    {
        PSObject first = Run("Measure-LightVM")[0];
        Assert.Equal(["GET /v1/host ", "GET /v1/measurements "], asked);
        Assert.Equal(
            ("web", HostName, 300L, 20L, (double?)null),
            ((string)first.Properties["VMName"].Value, (string)first.Properties["HostName"].Value, (long)first.Properties["NetworkSentBytes"].Value, (long)first.Properties["DiskReadBytes"].Value, (double?)first.Properties["CpuPercent"].Value));
        asked.Clear();
        PSObject rated = Run("Get-LightVM -HostName $h | Measure-LightVM -Interval 00:00:00.1")[0];
        Assert.Equal(["GET /v1/guests?name=%2A ", "GET /v1/measurements?name=web ", "GET /v1/measurements?name=web "], asked);
        // The canned daemon's clock goes on by a second with each answer, its guest's processor time by half of one.
        Assert.Equal((50.0, 100.0), ((double)rated.Properties["CpuPercent"].Value, (double)rated.Properties["NetworkSentRate"].Value));
        Assert.Contains("LightVM.GuestMeasurement#Rates", rated.TypeNames);
        Assert.Empty(Run("Measure-LightVM w* -Labels @{ tier = 'back' }"));
        Assert.Single(Run("Measure-LightVM w* -Labels @{ tier = 'front' }"));
        Assert.Equal("GuestNotFound,LightVM.PowerShell.MeasureLightVMCommand", Assert.Single(ErrorsOf("Measure-LightVM nope")).FullyQualifiedErrorId);
        Assert.Equal("InvalidArgument,LightVM.PowerShell.MeasureLightVMCommand", Assert.Single(ErrorsOf("Measure-LightVM -Interval 2")).FullyQualifiedErrorId);
    }

    [Fact]
    public void A_console_needs_a_terminal()
    {
        ErrorRecord error = Assert.Single(ErrorsOf("Enter-LightVMConsole web"));
        Assert.Equal("InvalidState,LightVM.PowerShell.EnterLightVMConsoleCommand", error.FullyQualifiedErrorId);
        Assert.Contains("Receive-LightVMConsole web -Follow", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_forwarded_port_carries_bytes_and_is_closed_by_name_or_object()
    {
        var port = (ForwardedPort)Assert.Single(Run("Open-LightVMPort web 80")).BaseObject;
        Assert.Equal(("web", 80, true), (port.GuestName, port.Port, port.IsOpen));
        Assert.Equal("GET /index\n", await TalkAsync(port.LocalPort, "GET /index\n"));
        Assert.Equal(port, Assert.Single(Run("Get-LightVMPort w* 80")).BaseObject);
        Assert.StartsWith("PortInUse,", Assert.Single(ErrorsOf($"Open-LightVMPort web 80 -LocalPort {port.LocalPort}")).FullyQualifiedErrorId, StringComparison.Ordinal);
        Run("Close-LightVMPort web");
        Assert.False(port.IsOpen);
        Assert.Empty(Run("Get-LightVMPort"));
        await Assert.ThrowsAnyAsync<SocketException>(() => TalkAsync(port.LocalPort, "x"));
        port = (ForwardedPort)Assert.Single(Run("Open-LightVMPort web 80 -HostName $h; Get-LightVMPort | Close-LightVMPort")).BaseObject;
        Assert.False(port.IsOpen);
    }

    [Fact]
    public async Task A_guest_that_does_not_answer_resets_the_connection_and_the_port_says_why()
    {
        var port = (ForwardedPort)Assert.Single(Run("Open-LightVMPort web 81")).BaseObject;
        await Assert.ThrowsAnyAsync<Exception>(() => TalkAsync(port.LocalPort, "x"));
        Assert.Equal("Nothing listens on port 81.", port.LastError);
        Run("Close-LightVMPort web");
    }

    [Fact]
    public void Ports_end_with_their_runspace_and_with_the_module()
    {
        ForwardedPort port;
        using (Runspace other = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2()))
        {
            other.Open();
            using var shell = System.Management.Automation.PowerShell.Create(other);
            port = (ForwardedPort)Assert.Single(shell.AddScript($"Import-Module '{module.Manifest}'; Open-LightVMPort web 80 -HostName '{HostName}'").Invoke()).BaseObject;
            Assert.True(port.IsOpen);
            Assert.Empty(Run("Get-LightVMPort"));
        }

        Assert.False(port.IsOpen);
        using var third = System.Management.Automation.PowerShell.Create(InitialSessionState.CreateDefault2());
        port = (ForwardedPort)Assert.Single(third.AddScript($"Import-Module '{module.Manifest}'; Open-LightVMPort web 80 -HostName '{HostName}'; Remove-Module LightVM").Invoke()).BaseObject;
        Assert.False(port.IsOpen);
    }

    [Fact]
    public void Ports_end_with_the_connection()
    {
        var port = (ForwardedPort)Assert.Single(Run("Open-LightVMPort web 80")).BaseObject;
        module.Run($"Disconnect-LightVMHost -HostName '{HostName}'");
        Assert.False(port.IsOpen);
    }

    private static async Task<string> TalkAsync(int port, string text)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", port);
        NetworkStream stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(text));
        socket.Client.Shutdown(SocketShutdown.Send);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }

    private IReadOnlyList<PSObject> Run(string command) => module.Run(OnHost(command));

    private IReadOnlyList<ErrorRecord> ErrorsOf(string command) => module.ErrorsOf(OnHost(command));

    // A default -HostName would have piped objects bound as names; those know their host.
    private string OnHost(string command) =>
        $"$h = '{HostName}'; $PSDefaultParameterValues = @{{ {(command.Contains('|') ? "" : "'*-LightVM*:HostName' = $h")} }}; {command}";

    private string[] Changes()
    {
        lock (asked)
        {
            return [.. asked.Where(request => !request.StartsWith("GET ", StringComparison.Ordinal) && !request.StartsWith("HEAD ", StringComparison.Ordinal))];
        }
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.WebSockets.IsWebSocketRequest && !context.Request.Path.Value!.EndsWith("/81", StringComparison.Ordinal))
        {
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
            var buffer = new byte[1024];
            while (await socket.ReceiveAsync(buffer.AsMemory(), default) is { MessageType: WebSocketMessageType.Binary } part)
            {
                await socket.SendAsync(buffer.AsMemory(0, part.Count), WebSocketMessageType.Binary, true, default);
            }

            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default);
            return;
        }

        using var reader = new StreamReader(context.Request.Body);
        string body = await reader.ReadToEndAsync();
        string request = $"{context.Request.Method} {context.Request.Path}{context.Request.QueryString} {body}";
        lock (asked)
        {
            asked.Add(request);
        }

        string target = context.Request.Path.Value!;
        await (target switch
        {
            var path when path.EndsWith("/81", StringComparison.Ordinal) =>
                CannedDaemon.Json(context, """{"code":"InvalidState","detail":"Nothing listens on port 81."}""", 409, "application/problem+json"),
            "/v1/host" => CannedDaemon.Json(context, $$"""{"name":"h","version":"0.0.1","features":{{features}}}"""),
            "/v1/networks" => CannedDaemon.Json(context, $"[{Network}]"),
            "/v1/networks/back" => CannedDaemon.Json(context, Network),
            var path when path.StartsWith("/v1/blobs/", StringComparison.Ordinal) => CannedDaemon.Json(context, "", context.Request.Method == "HEAD" ? 404 : 201),
            var path when path.StartsWith("/v1/images/", StringComparison.Ordinal) => CannedDaemon.Json(context, """{"name":"k","digest":"sha256:0","kind":"linux"}"""),
            "/v1/measurements" => CannedDaemon.Json(context, Measurement(Interlocked.Increment(ref measured))),
            "/v1/checkpoints" => CannedDaemon.Json(context, $"[{Checkpoint}]"),
            "/v1/guests/save" or "/v1/checkpoints/restore" => CannedDaemon.Json(
                context, $$"""{"id":"{{Id}}","kind":"k","status":"succeeded","startTime":"2026-01-01T00:00:00Z","results":[{"target":"web","guest":{{Guest}},"checkpoint":{{Checkpoint}}}]}"""),
            "/v1/guests" when context.Request.Method == "GET" => CannedDaemon.Json(context, $"[{Guest}]"),
            "/v1/guests" or "/v1/guests/wait" or $"/v1/guests/{Id}/copy" or "/v1/checkpoints/web-1/copy" => CannedDaemon.Json(context, $$"""{"results":[{"target":"web","guest":{{Guest}}}]}"""),
            var path when path.EndsWith("/adapters", StringComparison.Ordinal) && context.Request.Method == "GET" => CannedDaemon.Json(context, $"[{Adapter}]"),
            var path when path.EndsWith("/disks", StringComparison.Ordinal) && context.Request.Method == "GET" => CannedDaemon.Json(context, $"[{Disk}]"),
            var path when path.Contains("/adapters", StringComparison.Ordinal) => CannedDaemon.Json(context, Adapter),
            var path when path.Contains("/disks", StringComparison.Ordinal) => CannedDaemon.Json(context, Disk),
            _ => CannedDaemon.Json(context, Guest),
        });
    }
}
