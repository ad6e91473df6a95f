using System.Management.Automation;

namespace LightVM.PowerShell;

/// <summary>A cmdlet on the reconcile jobs of this machine.</summary>
public abstract class JobCmdlet : LightVMCmdlet
{
    private protected Systemd Systemd { get; } = new();

    /// <summary>Asks systemd, which may take its time; Ctrl-C does not wait for it.</summary>
    private protected T Ask<T>(Func<T> question) => Run(token => Task.Run(question, token));

    /// <inheritdoc cref="Ask{T}"/>
    private protected void Ask(Action question) => Run(token => Task.Run(question, token));

    /// <summary>The jobs that match any of the names; a name without wildcards that none has is an error.</summary>
    private protected IReadOnlyList<ReconcileJob> FindJobs(string[]? names)
    {
        IReadOnlyList<ReconcileJob> jobs;
        try
        {
            jobs = Ask(Systemd.Jobs);
        }
        catch (LightVMException e)
        {
            ThrowProblem(e);
            throw;
        }

        var found = new List<ReconcileJob>();
        foreach (string name in names ?? ["*"])
        {
            var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
            ReconcileJob[] matching = [.. jobs.Where(job => pattern.IsMatch(job.Name))];
            found.AddRange(matching.Except(found));
            if (matching.Length == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
            {
                WriteProblem(NotFound(name), name);
            }
        }

        return found;
    }

    private protected LightVMException NotFound(string name) => new(
        ErrorCodes.JobNotFound, $"This machine has no reconcile job '{name}' in {Systemd.Directory}.", name, "Get-LightVMReconcileJob lists those that it has; another user's are not among them.");
}
