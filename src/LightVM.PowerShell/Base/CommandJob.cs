using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;

namespace LightVM.PowerShell;

/// <summary>
/// A command of this module that runs on in a runspace of its own, while the session goes on: what -AsJob writes. Connections to hosts are
/// those of the process. It is the session's to receive, stop and remove; removing it ends the command.
/// </summary>
public sealed class CommandJob : Job
{
    private readonly System.Management.Automation.PowerShell shell;
    private readonly Runspace runspace;

    private CommandJob(string command, Runspace runspace)
        : base(command, null)
    {
        this.runspace = runspace;
        shell = System.Management.Automation.PowerShell.Create();
        shell.Runspace = runspace;
        shell.Streams.Error = Error;
        shell.Streams.Warning = Warning;
        shell.Streams.Verbose = Verbose;
        shell.Streams.Debug = Debug;
        shell.Streams.Information = Information;
        shell.Streams.Progress = Progress;
        shell.InvocationStateChanged += (_, change) => Follow(change.InvocationStateInfo);
        PSJobTypeName = "LightVMJob";
    }

    public override bool HasMoreData =>
        Output.Count + Error.Count + Warning.Count + Verbose.Count + Debug.Count + Information.Count + Progress.Count > 0;

    public override string Location => Environment.MachineName;

    public override string StatusMessage => "";

    public override void StopJob()
    {
        if (JobStateInfo.State == JobState.Running)
        {
            SetJobState(JobState.Stopping);
            shell.Stop();
        }
    }

    /// <summary>Begins a cmdlet again, as a job of its session.</summary>
    /// <param name="cmdlet">The cmdlet that was asked with -AsJob.</param>
    /// <param name="parameters">What it is to be given in place of, or beside, what it was given; null leaves that parameter out.</param>
    internal static CommandJob Start(PSCmdlet cmdlet, params (string Name, object? Value)[] parameters)
    {
        var given = new Dictionary<string, object?>(cmdlet.MyInvocation.BoundParameters, StringComparer.OrdinalIgnoreCase);
        given.Remove("AsJob");
        foreach ((string name, object? value) in parameters)
        {
            given[name] = value;
        }

        Runspace runspace = RunspaceFactory.CreateRunspace(Session(cmdlet));
        CommandJob? job = null;
        try
        {
            runspace.Open();
            runspace.SessionStateProxy.Path.SetLocation(cmdlet.SessionState.Path.CurrentLocation.Path);
            job = new CommandJob(cmdlet.MyInvocation.Line.Trim() is { Length: > 0 } line ? line : cmdlet.MyInvocation.MyCommand.Name, runspace);
            job.shell.AddCommand(cmdlet.MyInvocation.MyCommand.Name);
            foreach ((string name, object? value) in given.Where(pair => pair.Value is not null))
            {
                job.shell.AddParameter(name, Unbound(value!));
            }

            cmdlet.JobRepository.Add(job);
        }
        catch
        {
            job?.Dispose();
            runspace.Dispose();
            throw;
        }

        job.SetJobState(JobState.Running);
        job.shell.BeginInvoke<PSObject, PSObject>(null, job.Output);
        return job;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            shell.Dispose();
            runspace.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>The engine's own commands, and all of the module that the cmdlet is of.</summary>
    private static InitialSessionState Session(PSCmdlet cmdlet)
    {
        InitialSessionState session = InitialSessionState.CreateDefault2();
        var own = (CmdletInfo)cmdlet.MyInvocation.MyCommand;
        IEnumerable<CmdletInfo> commands = own.Module is { } module ? module.ExportedCmdlets.Values : [own];
        foreach (CmdletInfo command in commands)
        {
            session.Commands.Add(new SessionStateCmdletEntry(command.Name, command.ImplementingType, null));
        }

        return session;
    }

    /// <summary>A script block belongs to the runspace that made it, which may be busy: the job gets its text.</summary>
    private static object Unbound(object value) => value switch
    {
        PSObject { BaseObject: ScriptBlock or object[] } wrapped => Unbound(wrapped.BaseObject),
        ScriptBlock { Ast: ScriptBlockAst ast } => ast.GetScriptBlock(),
        ScriptBlock block => ScriptBlock.Create(block.ToString()),
        object[] several => Array.ConvertAll(several, Unbound),
        _ => value,
    };

    private void Follow(PSInvocationStateInfo info)
    {
        switch (info.State)
        {
            case PSInvocationState.Completed:
                SetJobState(JobState.Completed);
                break;
            case PSInvocationState.Stopped:
                SetJobState(JobState.Stopped);
                break;
            case PSInvocationState.Failed:
                if (info.Reason is IContainsErrorRecord { ErrorRecord: { } error })
                {
                    Error.Add(error);
                }

                SetJobState(JobState.Failed);
                break;
        }
    }
}
