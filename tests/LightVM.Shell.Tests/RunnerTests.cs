using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace LightVM.Shell.Tests;

/// <summary>The small Pester runner, judged by its reports on fixture files.</summary>
public partial class RunnerTests
{
    [Fact]
    public async Task Its_own_tests_pass()
    {
        var (code, output, _) = await ChildProcess.Runner(ChildProcess.RunnerFile("self"));

        Assert.True(code == 0, output);
        Assert.Matches(@"\n\d+ passed, 0 failed, 4 skipped\n$", output);
    }

    [Fact]
    public async Task Each_outcome_is_reported_and_counted()
    {
        var results = Path.Combine(Directory.CreateTempSubdirectory().FullName, "results.xml");
        var (code, output, _) = await ChildProcess.Runner("--output", results, Fixture("Mixed"));

        Assert.Equal(1, code);
        Assert.Equal(
            [
                "[+] mixed > passes",
                "[-] mixed > fails",
                "[-] mixed > throws",
                "[-] mixed > ends at an error that ends a statement",
                "[!] mixed > is skipped",
                "[?] mixed > is inconclusive",
                "[-] mixed > breaks out",
                "[-] mixed > exits",
                "[-] mixed > fails twice, softly",
                "[+] mixed > still runs",
            ],
            Lines(output));
        Assert.Contains("Expected 2, because it is the fixture, but got 1.\n", output, StringComparison.Ordinal);
        Assert.Contains("Mixed.Fixture.ps1:4: It 'fails'", output, StringComparison.Ordinal);
        Assert.Contains("Expected 4, but got 3.", output, StringComparison.Ordinal);
        Assert.DoesNotContain("never comes here", output, StringComparison.Ordinal);
        Assert.EndsWith("\n2 passed, 6 failed, 2 skipped\n", output, StringComparison.Ordinal);
        var suite = XDocument.Load(results).Root!.Element("testsuite")!;
        Assert.Equal(("10", "6", "2"), ((string?)suite.Attribute("tests"), (string?)suite.Attribute("failures"), (string?)suite.Attribute("skipped")));
    }

    [Fact]
    public async Task A_failed_set_up_fails_its_tests_and_tear_down_runs_all_the_same()
    {
        var (code, output, error) = await ChildProcess.Runner(Fixture("SetupFails"));

        Assert.Equal(1, code);
        Assert.Equal(
            [
                "[-] outer > whose BeforeAll throws > one",
                "[-] outer > whose BeforeAll throws > inner > two",
                "[-] outer > whose BeforeEach throws > three",
                "[+] outer > whose AfterAll throws > four",
                "[-] outer > whose AfterAll throws > AfterAll",
                "[-] outer > whose AfterEach throws > five",
            ],
            Lines(output));
        Assert.Contains("no lab today", output, StringComparison.Ordinal);
        Assert.Contains("left a mess", output, StringComparison.Ordinal);
        Assert.Contains("AfterAll ran all the same\nAfterEach ran all the same\n", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_test_that_hangs_fails_and_the_rest_runs()
    {
        var (code, output, error) = await ChildProcess.Runner("--timeout", "5", Fixture("Hangs"));

        Assert.Equal(1, code);
        Assert.Equal(["[-] hanging > runs for ever", "[+] hanging > runs after it"], Lines(output));
        Assert.Contains("Still running after 5 s", output, StringComparison.Ordinal);
        Assert.Contains("AfterAll ran all the same", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_is_over_fails_what_it_has_not_begun()
    {
        var (code, output, _) = await ChildProcess.Runner("--within", "5", Fixture("Hangs"), Fixture("Tags"));

        Assert.Equal(1, code);
        Assert.Contains("[-] hanging > runs for ever", output, StringComparison.Ordinal);
        Assert.Contains("[-] not begun", output, StringComparison.Ordinal);
        Assert.Contains("The run's 5 s were over.", output, StringComparison.Ordinal);
        Assert.DoesNotContain("tagged", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[+] tagged > slow; [+] tagged > quick", "--tag", "lab")]
    [InlineData("[+] tagged > slow; [+] untagged > slow too", "--tag", "Slow")]
    [InlineData("[+] tagged > quick; [+] untagged > plain", "--exclude-tag", "Slow")]
    [InlineData("[+] tagged > quick", "--tag", "Lab", "--exclude-tag", "S*")]
    [InlineData("[+] untagged > plain; [+] untagged > slow too", "--full-name", "untagged")]
    [InlineData("[+] tagged > quick", "--full-name", "*.quick")]
    public async Task Filters_choose_as_Pesters_do(string expected, params string[] args)
    {
        var (_, output, _) = await ChildProcess.Runner([.. args, Fixture("Tags")]);

        Assert.Equal(expected, string.Join("; ", Lines(output)));
    }

    [Fact]
    public async Task No_test_at_all_is_told_by_the_exit_code()
    {
        Assert.Equal(2, (await ChildProcess.Runner(Fixture("Empty"))).Code);
        Assert.Equal(2, (await ChildProcess.Runner("--tag", "None such", Fixture("Tags"))).Code);
        Assert.Equal(2, (await ChildProcess.Runner("/no/such/file")).Code);
    }

    [Fact]
    public async Task A_file_whose_discovery_fails_is_one_failure()
    {
        var (code, output, _) = await ChildProcess.Runner(Fixture("DiscoveryFails"), Fixture("Tags"));

        Assert.Equal(1, code);
        Assert.Contains("Get-Nonsense", output, StringComparison.Ordinal);
        Assert.EndsWith("\n4 passed, 1 failed\n", output, StringComparison.Ordinal);
    }

    public static TheoryData<string> RefusedFiles() =>
        [.. Directory.EnumerateFiles(ChildProcess.RunnerFile("fixtures/Refused")).Select(file => Path.GetFileName(file))];

    [Theory]
    [MemberData(nameof(RefusedFiles))]
    public async Task What_Pester_refuses_or_reads_differently_by_version_is_refused(string name)
    {
        var (code, output, _) = await ChildProcess.Runner(ChildProcess.RunnerFile("fixtures/Refused/" + name));

        Assert.Equal(1, code);
        Assert.EndsWith("\n0 passed, 1 failed\n", output, StringComparison.Ordinal);
    }

    private static string Fixture(string name) => ChildProcess.RunnerFile($"fixtures/{name}.Fixture.ps1");

    /// <summary>The lines of tests, without their durations.</summary>
    private static string[] Lines(string output) =>
        [.. TestLine().Matches(output).Select(match => match.Groups[1].Value)];

    [GeneratedRegex(@"^  (\[.\] .*) \d+ ms$", RegexOptions.Multiline)]
    private static partial Regex TestLine();
}
