using System.Text.Json.Nodes;
using LightVM.Client;
using LightVM.Reconcile.Dsc;

namespace LightVM.Dsc;

/// <summary>
/// One operation of the engine: <c>lightvm-dsc RESOURCE get|test|set|delete|export [--what-if]</c>, with an instance on standard
/// input, results as lines of JSON on standard output, messages as lines of JSON on standard error.
/// </summary>
internal sealed class DscCommand(Stream input, TextWriter output, MessageLog log)
{
    public const string WhatIf = "--what-if";
    private const string HostVariable = "LIGHTVM_HOST";

    /// <returns>An <see cref="ExitCode"/>.</returns>
    public async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        try
        {
            return await DispatchAsync(args, cancellationToken).ConfigureAwait(false);
        }
        catch (LightVMException e)
        {
            log.Error(e.Problem);
            return ExitCode.Of(e.Problem.Code);
        }
        catch (DscException e)
        {
            foreach (Problem problem in e.Problems)
            {
                log.Error(problem);
            }

            return ExitCode.Failed;
        }
        catch (OperationCanceledException)
        {
            log.Error("It was interrupted; run it again to see what was done, and to do the rest.");
            return ExitCode.Failed;
        }
        finally
        {
            await output.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task<int> DispatchAsync(string[] args, CancellationToken cancellationToken)
    {
        if (args is ["manifests"])
        {
            await output.WriteAsync(JsonLine.Pretty(Manifests.All())).ConfigureAwait(false);
            return ExitCode.Success;
        }

        if (args.Length is < 2 or > 3 || DscResource.All.FirstOrDefault(known => known.Word == args[0]) is not { } resource || (args.Length == 3 && args[2] != WhatIf))
        {
            return Refuse(args);
        }

        bool whatIf = args.Length == 3;
        switch (args[1])
        {
            case "schema" when !whatIf:
                Write(resource.Schema());
                return ExitCode.Success;
            case "get" when !whatIf:
                return await WithAsync(resource, named: true, GetAsync, cancellationToken).ConfigureAwait(false);
            case "test" when !whatIf:
                return await WithAsync(resource, named: true, TestAsync, cancellationToken).ConfigureAwait(false);
            case "set":
                return await WithAsync(resource, named: true, (r, i, c, t) => SetAsync(r, i, c, whatIf, t), cancellationToken).ConfigureAwait(false);
            case "delete":
                return await WithAsync(resource, named: true, (r, i, c, t) => DeleteAsync(r, i.Gone(), c, whatIf, t), cancellationToken).ConfigureAwait(false);
            case "export" when !whatIf:
                return await WithAsync(resource, named: false, ExportAsync, cancellationToken).ConfigureAwait(false);
            default:
                return Refuse(args);
        }
    }

    private int Refuse(string[] args)
    {
        log.Error($"lightvm-dsc does not know '{string.Join(' ', args)}'. It is called as lightvm-dsc {string.Join('|', DscResource.All.Select(known => known.Word))} "
            + $"get|test|set|delete|export|schema, set and delete with {WhatIf} if nothing is to be changed.");
        return ExitCode.WrongArguments;
    }

    private async Task<int> WithAsync(
        DscResource resource, bool named, Func<DscResource, DscInstance, LightVMClient, CancellationToken, Task> operation, CancellationToken cancellationToken)
    {
        DscInstance instance = await DscInstance.ReadAsync(input, cancellationToken).ConfigureAwait(false);
        resource.Require(instance, named);
        string? host = instance.Host ?? Environment.GetEnvironmentVariable(HostVariable);
        using var client = new LightVMClient(string.IsNullOrEmpty(host) ? HostEndpoint.Local : SavedHosts.Resolve(host));
        await operation(resource, instance, client, cancellationToken).ConfigureAwait(false);
        return ExitCode.Success;
    }

    private async Task GetAsync(DscResource resource, DscInstance instance, LightVMClient client, CancellationToken cancellationToken) =>
        Write(await resource.GetAsync(instance, client, cancellationToken).ConfigureAwait(false));

    private async Task TestAsync(DscResource resource, DscInstance instance, LightVMClient client, CancellationToken cancellationToken)
    {
        DscChange change = await resource.PlanAsync(instance, client, cancellationToken).ConfigureAwait(false);
        change.Now["_inDesiredState"] = change.Differing.Count == 0;
        Write(change.Now);
        Write(change.Differing);
    }

    private async Task SetAsync(DscResource resource, DscInstance instance, LightVMClient client, bool whatIf, CancellationToken cancellationToken)
    {
        DscChange change = await resource.PlanAsync(instance, client, cancellationToken).ConfigureAwait(false);
        if (whatIf)
        {
            change.Then["_metadata"] = Foretold(change);
            Write(change.Then);
            return;
        }

        if (change.Differing.Count > 0)
        {
            await ApplyAsync(change, cancellationToken).ConfigureAwait(false);
        }

        Write(change.Differing.Count == 0 ? change.Now : await resource.GetAsync(instance, client, cancellationToken).ConfigureAwait(false));
        Write(change.Differing);
    }

    private async Task DeleteAsync(DscResource resource, DscInstance instance, LightVMClient client, bool whatIf, CancellationToken cancellationToken)
    {
        DscChange change = await resource.PlanAsync(instance, client, cancellationToken).ConfigureAwait(false);
        if (whatIf)
        {
            Write(new JsonObject { ["_metadata"] = Foretold(change) });
        }
        else if (change.Differing.Count > 0)
        {
            await ApplyAsync(change, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task ExportAsync(DscResource resource, DscInstance instance, LightVMClient client, CancellationToken cancellationToken)
    {
        foreach (JsonObject state in await resource.ExportAsync(client, cancellationToken).ConfigureAwait(false))
        {
            if (instance.Host is { } host)
            {
                state[DscInstance.HostKey] = host;
            }

            Write(state);
        }
    }

    private async Task ApplyAsync(DscChange change, CancellationToken cancellationToken)
    {
        foreach (string line in change.Lines)
        {
            log.Info(line);
        }

        await change.ApplyAsync(cancellationToken).ConfigureAwait(false);
    }

    private static JsonObject Foretold(DscChange change) => new() { ["whatIf"] = Texts([.. change.Lines.Select(line => $"Would {char.ToLowerInvariant(line[0])}{line[1..]}")]) };

    private void Write(IReadOnlyList<string> names) => Write(Texts(names));

    private void Write(JsonNode document) => output.WriteLine(JsonLine.Of(document));

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode?)JsonValue.Create(text))]);
}
