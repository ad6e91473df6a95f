using System.Management.Automation;
using LightVM.Reconcile;

namespace LightVM.PowerShell;

/// <summary>Secrets of the service's credentials, then of the session's vaults: what Get-Secret of Microsoft.PowerShell.SecretManagement gives.</summary>
/// <param name="vault">Asks the vaults; null comes back where the session has none.</param>
internal sealed class SessionSecrets(Func<string, CancellationToken, Task<SecretValue?>> vault) : ISecretSource
{
    private const string Command = "Get-Secret";
    private readonly CredentialDirectory credentials = new();

    public async Task<SecretValue> FindAsync(string name, CancellationToken cancellationToken)
    {
        SecretValue own = await credentials.FindAsync(name, cancellationToken).ConfigureAwait(false);
        if (own.Value is not null || await vault(name, cancellationToken).ConfigureAwait(false) is not { } found)
        {
            return own;
        }

        return found.Value is not null ? found : new SecretValue(null, $"{own.Why}, and {found.Why}");
    }

    /// <summary>Runs Get-Secret. On the pipeline's thread.</summary>
    /// <returns>Null: there is no such command.</returns>
    public static SecretValue? Ask(CommandInvocationIntrinsics session, string name)
    {
        if (session.GetCommand(Command, CommandTypes.Cmdlet | CommandTypes.Function) is not { } command)
        {
            return null;
        }

        try
        {
            var answers = session.InvokeScript("param($Command, $Name) & $Command -Name $Name -AsPlainText -ErrorAction Stop", command, name);
            return answers is [{ BaseObject: string value }] ? new SecretValue(value, null) : new SecretValue(null, $"{Command} gives no text for it");
        }
        catch (RuntimeException e) when (e is not PipelineStoppedException)
        {
            return new SecretValue(null, $"{Command} says: {e.Message.TrimEnd('.')}");
        }
    }
}
