using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using LightVM.Daemon.Metrics;
using LightVM.Toolstack;

namespace LightVM.Daemon.Tests;

/// <summary>/metrics is what Prometheus reads, by its names and units; and the dashboard asks for nothing else.</summary>
public sealed partial class MetricsAreScraped : IAsyncLifetime
{
    private static readonly string Dashboard = Path.Combine(Checkout.Root, "src/LightVM.Daemon/dashboards/lightvm.json");

    private TestDaemon _daemon = null!;

    public async Task InitializeAsync()
    {
        _daemon = await TestDaemon.StartAsync();
        await _daemon.SendAsync("POST", "/v1/guests", """{"guests":[{"name":"web","image":"http"}]}""");
        await _daemon.SendAsync("PUT", "/v1/pool/flavours/hello", """{"memory":4194304,"count":8}""");
        _daemon.Guests.Measured = [Measurements.Of("web", cpuMs: 1500)];
    }

    public async Task DisposeAsync() => await _daemon.DisposeAsync();

    [Fact]
    public async Task Each_sample_has_a_help_a_type_and_a_number()
    {
        using HttpResponseMessage response = await _daemon.Client.GetAsync("/metrics");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.GetValues("Content-Type").Single());
        string metric = "", type = "";
        var seen = new HashSet<string>();
        var samples = new HashSet<string>();
        string text = await response.Content.ReadAsStringAsync();
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        foreach (string line in text.TrimEnd('\n').Split('\n'))
        {
            if (HelpLine().Match(line) is { Success: true } help)
            {
                metric = help.Groups[1].Value;
                Assert.True(seen.Add(metric), $"{metric} comes twice"); // all samples of a metric are one group
            }
            else if (TypeLine().Match(line) is { Success: true } kind)
            {
                Assert.Equal(metric, kind.Groups[1].Value);
                type = kind.Groups[2].Value;
                Assert.Equal(type == "counter", metric.EndsWith("_total", StringComparison.Ordinal));
            }
            else
            {
                Match sample = SampleLine().Match(line);
                Assert.True(sample.Success, line);
                string name = type == "histogram" ? HistogramSuffix().Replace(sample.Groups[1].Value, "") : sample.Groups[1].Value;
                Assert.Equal(metric, name);
                Assert.True(samples.Add(sample.Groups[1].Value + sample.Groups[2].Value), $"{line} comes twice");
                _ = double.Parse(sample.Groups[3].Value, CultureInfo.InvariantCulture);
            }
        }
    }

    [Theory]
    [InlineData("lightvm_guests{state=\"running\"} 1")]
    [InlineData("lightvm_guests{state=\"crashed\"} 0")]
    [InlineData("lightvm_guest_cpu_seconds_total{guest=\"web\"} 1.5")]
    [InlineData("lightvm_guest_memory_bytes{guest=\"web\"} 4194304")]
    [InlineData("lightvm_guest_network_transmit_bytes_total{guest=\"web\",adapter=\"0\",network=\"default\"} 300")]
    [InlineData("lightvm_guest_network_receive_packets_total{guest=\"web\",adapter=\"0\",network=\"default\"} 2")]
    [InlineData("lightvm_guest_network_dropped_packets_total{guest=\"web\",adapter=\"0\",network=\"default\",reason=\"rate\"} 5")]
    [InlineData("lightvm_guest_disk_written_bytes_total{guest=\"web\",disk=\"0\"} 4096")]
    [InlineData("lightvm_guest_disk_flushes_total{guest=\"web\",disk=\"0\"} 9")]
    [InlineData("lightvm_pool_shells_wanted{image=\"hello\",checkpoint=\"\",memory=\"4194304\",vcpus=\"1\",devices=\"0\"} 8")]
    [InlineData("lightvm_daemon_requests_total{method=\"POST\",route=\"/v1/guests\",code=\"200\"} 1")]
    public async Task Samples_are_what_guests_pool_and_daemon_have(string line) => Assert.Contains(line, await ScrapeAsync());

    [Fact]
    public async Task Devices_that_nobody_counts_have_no_sample() =>
        Assert.DoesNotContain(await ScrapeAsync(), line => line.Contains("adapter=\"1\"", StringComparison.Ordinal));

    [Fact]
    public async Task Failed_requests_are_counted_by_their_status()
    {
        await _daemon.SendAsync("GET", "/v1/guests/nobody");
        await _daemon.SendAsync("GET", "/v1/guests/nobody");
        Assert.Contains("lightvm_daemon_requests_total{method=\"GET\",route=\"/v1/guests/{idOrName}\",code=\"404\"} 2", await ScrapeAsync());
    }

    [Fact]
    public async Task Starts_are_a_histogram_in_seconds()
    {
        _daemon.Guests.StartTimes.Cold.Add(TimeSpan.FromMilliseconds(5));
        _daemon.Guests.StartTimes.Cold.Add(TimeSpan.FromMilliseconds(7));
        _daemon.Guests.StartTimes.Cold.Add(TimeSpan.FromMinutes(2));
        IReadOnlyList<string> lines = await ScrapeAsync();
        const string Name = "lightvm_guest_start_duration_seconds";
        Assert.Contains($"{Name}_bucket{{source=\"cold\",le=\"0.0025\"}} 0", lines);
        Assert.Contains($"{Name}_bucket{{source=\"cold\",le=\"0.005\"}} 1", lines); // a bound is in its own bucket
        Assert.Contains($"{Name}_bucket{{source=\"cold\",le=\"30\"}} 2", lines);
        Assert.Contains($"{Name}_bucket{{source=\"cold\",le=\"+Inf\"}} 3", lines);
        Assert.Contains($"{Name}_sum{{source=\"cold\"}} 120.012", lines);
        Assert.Contains($"{Name}_count{{source=\"cold\"}} 3", lines);
        Assert.Contains($"{Name}_count{{source=\"pool\"}} 0", lines);
    }

    [Fact]
    public void What_labels_hold_is_escaped()
    {
        var text = new PrometheusText();
        text.Gauge("a", "back\\slash and\nline");
        text.Sample(0.5, ("x", "say \"hi\\\"\n"), ("none", null), ("y", "é"));
        text.Sample(double.PositiveInfinity);
        Assert.Equal(
            "# HELP a back\\\\slash and\\nline\n# TYPE a gauge\na{x=\"say \\\"hi\\\\\\\"\\n\",y=\"é\"} 0.5\na +Inf\n",
            System.Text.Encoding.UTF8.GetString(text.ToBytes()));
    }

    [Fact]
    public async Task The_dashboard_asks_for_nothing_that_is_not_there()
    {
        HashSet<string> emitted = [.. (await ScrapeAsync()).Select(line => SampleLine().Match(line)).Where(match => match.Success).Select(match => match.Groups[1].Value)];
        string dashboard = await File.ReadAllTextAsync(Dashboard);
        string[] asked = [.. MetricName().Matches(dashboard).Select(match => match.Value).Distinct()];
        Assert.True(asked.Length > 20);
        Assert.All(asked, name => Assert.Contains(name, emitted));
    }

    [Fact]
    public async Task The_command_prints_them_and_replaces_files()
    {
        string file = Path.Combine(_daemon.DirectoryPath, "lightvm.prom");
        await File.WriteAllTextAsync(file, "old");
        Assert.Equal(0, await Task.Run(() => MetricsCommand.Run(_daemon.Paths.Socket, file)));
        Assert.Contains("lightvm_guest_up{guest=\"web\"} 1\n", await File.ReadAllTextAsync(file), StringComparison.Ordinal);
        Assert.True(File.GetUnixFileMode(file).HasFlag(UnixFileMode.OtherRead));
        Assert.False(File.Exists(file + ".new"));

        // A daemon that does not answer leaves the file as it was; the unit removes it.
        Assert.Equal(1, await Task.Run(() => MetricsCommand.Run(_daemon.Paths.Socket + "x", file)));
        Assert.True(File.Exists(file));
    }

    private async Task<IReadOnlyList<string>> ScrapeAsync() => (await _daemon.Client.GetStringAsync("/metrics")).Split('\n');

    [GeneratedRegex(@"^# HELP ([a-z_]+) .+\.$")]
    private static partial Regex HelpLine();

    [GeneratedRegex("^# TYPE ([a-z_]+) (counter|gauge|histogram)$")]
    private static partial Regex TypeLine();

    [GeneratedRegex("""^([a-z_]+)(\{[a-z_]+="(?:[^"\\]|\\["\\n])*"(?:,[a-z_]+="(?:[^"\\]|\\["\\n])*")*\})? (\S+)$""")]
    private static partial Regex SampleLine();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex HistogramSuffix();

    [GeneratedRegex("lightvm_[a-z_]+")]
    private static partial Regex MetricName();
}
