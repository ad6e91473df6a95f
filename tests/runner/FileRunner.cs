using System.Diagnostics;
using System.Management.Automation;
using LightVM.Shell;

namespace LightVM.PesterRunner;

/// <summary>Runs one file in a runspace of its own: discovery, filter, then the tests.</summary>
internal sealed class FileRunner
{
    private const string Skipped = "PesterTestSkipped";
    private const string Inconclusive = "PesterTestInconclusive";

    private readonly string _path;
    private readonly RunnerOptions _options;
    private readonly Report _report;
    private readonly ShellConsole _console;
    private readonly StopSignals _stop;

    private TestFile _file = null!;
    private Scope _scope = null!;
    private Item? _running;

    public FileRunner(string path, RunnerOptions options, Report report, ShellConsole console, StopSignals stop)
    {
        _path = path;
        _options = options;
        _report = report;
        _console = console;
        _stop = stop;
    }

    public void Run()
    {
        using var session = ShellSession.Open(
            _console, new ShellSessionOptions { Commands = TestCommands.All, CanPrompt = false });
        _scope = new Scope(_console, (limit, stop) => new HangGuard(limit, stop, Hint, GiveUp));
        _file = new TestFile(_path, _scope);
        TestFile.Current = _file;
        using var ps = PowerShell.Create(session.Runspace);
        ps.AddScript("param($______body) $______body.Invoke()").AddArgument((Action)RunInside);
        using var stopping = _stop.Token.Register(() => ps.Stop());
        try
        {
            ps.Invoke();
        }
        catch (PipelineStoppedException) when (_stop.Token.IsCancellationRequested)
        {
            // The run ends here; what was not run is not reported as passed.
        }
        finally
        {
            TestFile.Current = null;
        }
    }

    private void RunInside()
    {
        if (Discover() is { } error)
        {
            Fail(_file.Root, "discovery", [error], TimeSpan.Zero);
            return;
        }

        Filter.Apply(_file.Root, _options);
        if (!_file.Root.TestsToRun().Any())
        {
            return;
        }

        using var drive = new TestDrive();
        _scope.Run(ScriptBlock.Create("param($______drive) $global:TestDrive = $______drive"), new() { ["______drive"] = drive.Root });
        var body = () => RunBlock(_file.Root, drive);
        var failure = _scope.Run(
            ScriptBlock.Create("param($______file, $______body) & $______file $______body"),
            new()
            {
                ["______file"] = System.IO.Path.Combine(AppContext.BaseDirectory, "ScriptScope.ps1"),
                ["______body"] = body,
            });
        if (failure is not null && !_stop.Token.IsCancellationRequested)
        {
            Fail(_file.Root, "the runner itself", [failure], TimeSpan.Zero);
        }
    }

    private ErrorRecord? Discover()
    {
        _file.Discovering = _file.Root;
        var error = _scope.Run(
            ScriptBlock.Create("param($______file) & $______file"), new() { ["______file"] = _path }, _options.SetupLimit);
        _file.Discovering = null;
        return _file.DiscoveryError ?? error;
    }

    private void RunBlock(Block block, TestDrive drive)
    {
        if (!block.ShouldRun || _stop.Token.IsCancellationRequested)
        {
            return;
        }

        var before = drive.Snapshot();
        _scope.Nest(block.Variables(), () => RunBlockInScope(block, drive));
        drive.Restore(before);
    }

    private void RunBlockInScope(Block block, TestDrive drive)
    {
        var watch = Stopwatch.StartNew();
        _running = block;
        ErrorRecord? error = null;
        if (!block.Skip && block.BeforeAll is { } setup)
        {
            error = _scope.Run(setup, block.Splat(), _options.SetupLimit);
        }

        if (error is null && !block.IsRoot)
        {
            (block.Title, error) = TitleTemplate.Expand(block.Name, _scope);
        }

        if (error is null)
        {
            foreach (var child in block.Children)
            {
                if (child is Block inner)
                {
                    RunBlock(inner, drive);
                }
                else
                {
                    RunTest((Test)child, block);
                }
            }
        }
        else
        {
            FailAllTests(block, error, watch.Elapsed);
        }

        _running = block;
        if (!block.Skip && block.AfterAll is { } teardown
            && _scope.Run(teardown, block.Splat(), _options.SetupLimit) is { } late)
        {
            Fail(block, "AfterAll", [late], watch.Elapsed);
        }
    }

    private void FailAllTests(Block block, ErrorRecord error, TimeSpan duration)
    {
        var first = true;
        foreach (var test in block.TestsToRun())
        {
            if (test.Skip)
            {
                _report.Add(new Result(_path, [.. test.TitlePath], Outcome.Skipped, TimeSpan.Zero, []));
                continue;
            }

            var where = block.IsRoot ? "the file" : $"'{block.Title}'";
            _report.Add(new Result(
                _path,
                [.. test.TitlePath],
                Outcome.Failed,
                first ? duration : TimeSpan.Zero,
                [first ? $"BeforeAll of {where} failed.\n{FailureText.Of(error)}" : $"BeforeAll of {where} failed, see above."]));
            first = false;
        }
    }

    private void RunTest(Test test, Block block)
    {
        if (!test.ShouldRun || _stop.Token.IsCancellationRequested)
        {
            return;
        }

        _running = test;
        var watch = Stopwatch.StartNew();
        List<ErrorRecord> errors = [];
        _file.SoftErrors.Clear();
        _scope.Nest(test.Variables(), () =>
        {
            if (test.Skip)
            {
                var (title, none) = TitleTemplate.Expand(test.Name, _scope);
                test.Title = none is null ? title : test.Name;
                return;
            }

            RunTestInScope(test, block, errors);
        });

        errors.AddRange(_file.SoftErrors);
        var outcome = test.Skip ? Outcome.Skipped : Verdict(errors);
        _report.Add(new Result(
            _path,
            [.. test.TitlePath],
            outcome,
            watch.Elapsed,
            outcome switch
            {
                Outcome.Failed => [.. errors.Select(FailureText.Of)],
                Outcome.Passed => [],
                _ => [.. errors.Select(error => error.Exception.Message)],
            }));
        _running = block;
    }

    private void RunTestInScope(Test test, Block block, List<ErrorRecord> errors)
    {
        var splat = test.Splat();
        var blocks = new List<Block>();
        for (var at = block; at is not null; at = at.Parent)
        {
            blocks.Add(at);
        }

        ErrorRecord? error = null;
        foreach (var setup in Enumerable.Reverse(blocks).Select(b => b.BeforeEach).OfType<ScriptBlock>())
        {
            error ??= _scope.Run(setup, splat, _options.TestLimit);
        }

        if (error is null)
        {
            (test.Title, error) = TitleTemplate.Expand(test.Name, _scope);
        }

        error ??= _scope.Run(test.ScriptBlock, splat, _options.TestLimit);
        if (error is not null)
        {
            errors.Add(error);
        }

        foreach (var teardown in blocks.Select(b => b.AfterEach).OfType<ScriptBlock>())
        {
            if (_scope.Run(teardown, splat, _options.TestLimit) is { } late)
            {
                errors.Add(late);
            }
        }
    }

    private static Outcome Verdict(List<ErrorRecord> errors) =>
        errors.Count == 0 ? Outcome.Passed
        : errors.All(error => error.FullyQualifiedErrorId.StartsWith(Skipped, StringComparison.Ordinal)) ? Outcome.Skipped
        : errors.All(error => error.FullyQualifiedErrorId.StartsWith(Inconclusive, StringComparison.Ordinal))
            ? Outcome.Inconclusive
            : Outcome.Failed;

    private void Fail(Block block, string what, IEnumerable<ErrorRecord> errors, TimeSpan duration) =>
        _report.Add(new Result(
            _path,
            [.. block.IsRoot ? [] : block.TitlePath, what],
            Outcome.Failed,
            duration,
            [.. errors.Select(FailureText.Of)]));

    private void Hint(TimeSpan limit)
    {
        _console.WriteMessage(
            $"{System.IO.Path.GetFileName(_path)}:{_running?.Line}: '{_running?.Title}' still runs after "
            + $"{limit.TotalSeconds:0.#} s; stopping it. --timeout SECONDS sets the limit.");
        foreach (var (log, tail) in SerialLogs.Tails(_path))
        {
            _console.WriteMessage($"--- the end of {log}");
            _console.WriteMessage(tail);
        }
    }

    /// <summary>It does not even stop: reports it and ends the process, for no later test can be trusted.</summary>
    private void GiveUp(TimeSpan limit)
    {
        IReadOnlyList<string> path = _running is null or Block { IsRoot: true } ? [_running?.Name ?? "?"] : [.. _running.TitlePath];
        _report.Add(new Result(
            _path, path, Outcome.Failed, limit, ["It hangs and does not stop: the run ends here, later tests did not run."]));
        if (_options.Output is not null)
        {
            JUnit.Write(_options.Output, _report.Results);
        }

        _report.Finish();
        Environment.Exit(ExitCodes.Failed);
    }
}
