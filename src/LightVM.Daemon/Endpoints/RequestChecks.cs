using LightVM.Daemon.Http;

namespace LightVM.Daemon.Endpoints;

/// <summary>What no JSON reader checks and no toolstack should meet: nulls inside lists, sizes, time-outs.</summary>
internal static class RequestChecks
{
    private const int MaxTimeoutMs = 24 * 60 * 60 * 1000;

    public static void Check(CreateGuestsRequest request)
    {
        Size(request.Guests.Count, "guests");
        for (int i = 0; i < request.Guests.Count; i++)
        {
            GuestDefinition? guest = request.Guests[i];
            if (guest is null)
            {
                throw Problems.InvalidArgument($"guests[{i}] is null.", $"guests[{i}]");
            }

            CheckLabels(guest.Labels, $"guests[{i}].labels");
            string path = $"guests[{i}]";
            CheckList(guest.Adapters, $"{path}.adapters");
            CheckList(guest.Disks, $"{path}.disks");
            CheckList(guest.Publish, $"{path}.publish");
            CheckList(guest.Arguments, $"{path}.arguments");
            CheckList(guest.Files, $"{path}.files");
        }
    }

    public static void Check(GuestChange change)
    {
        CheckLabels(change.Labels, "labels");
        CheckList(change.Publish, "publish");
        CheckList(change.Arguments, "arguments");
        CheckList(change.Files, "files");
    }

    public static void Check(GuestActionRequest request)
    {
        int count = (request.Ids?.Count ?? 0) + (request.Names?.Count ?? 0);
        Size(count, "ids and names together");
        if (request.Names is { } names && names.Contains(null!))
        {
            throw Problems.InvalidArgument("names holds a null.", "names");
        }

        Timeout(request.TimeoutMs);
    }

    public static void Check(SaveGuestsRequest request)
    {
        Size((request.Ids?.Count ?? 0) + (request.Names?.Count ?? 0), "ids and names together");
        CheckList(request.Names, "names");
        Timeout(request.TimeoutMs);
    }

    public static void Check(RestoreGuestsRequest request)
    {
        Size(request.Checkpoints.Count, "checkpoints");
        CheckList(request.Checkpoints, "checkpoints");
    }

    public static void Check(CopyGuestsRequest request)
    {
        Size(request.Names.Count, "names");
        CheckList(request.Names, "names");
        CheckList(request.Publish, "publish");
        CheckLabels(request.Labels, "labels");
        Timeout(request.TimeoutMs);
    }

    public static void Check(WaitRequest request)
    {
        Size(request.Ids.Count, "ids");
        Timeout(request.TimeoutMs);
        if (request.For == WaitFor.Console && string.IsNullOrEmpty(request.Console))
        {
            throw Problems.InvalidArgument("Waiting for the console needs a regular expression in 'console'.", "console");
        }
    }

    public static void CheckLabels(Dictionary<string, string>? labels, string path)
    {
        if (labels is null)
        {
            return;
        }

        foreach ((string key, string? value) in labels)
        {
            if (value is null)
            {
                throw Problems.InvalidArgument($"{path} has the label '{key}' without a value.", $"{path}.{key}");
            }
        }
    }

    private static void CheckList<T>(IReadOnlyList<T>? list, string path)
        where T : class
    {
        for (int i = 0; i < (list?.Count ?? 0); i++)
        {
            if (list![i] is null)
            {
                throw Problems.InvalidArgument($"{path}[{i}] is null.", $"{path}[{i}]");
            }
        }
    }

    private static void Size(int count, string what)
    {
        if (count is 0 or > CreateGuestsRequest.MaxBatch)
        {
            throw Problems.InvalidArgument($"A request is about 1 to {CreateGuestsRequest.MaxBatch} guests; {what} name {count}.", what);
        }
    }

    private static void Timeout(int timeoutMs)
    {
        if (timeoutMs is < 0 or > MaxTimeoutMs)
        {
            throw Problems.InvalidArgument($"timeoutMs is 0 to {MaxTimeoutMs} (a day), not {timeoutMs}.", "timeoutMs");
        }
    }
}
