namespace LightVM.PowerShell.Tests;

/// <summary>Secrets of a spec come from the session's vaults, by Get-Secret, where the service has no credentials.</summary>
[Collection(SessionWithSpecs.Name)]
public sealed class SpecsNameSecrets(ImportedModule module) : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("lightvm-secrets-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void From_Get_Secret_where_the_session_has_it()
    {
        string path = Path.Combine(directory, "secret.yaml");
        File.WriteAllText(path, "apiVersion: lightvm/v1\nkind: Fleet\nmetadata: { name: s }\nguests:\n  - { name: a, image: hello, environment: { P: { secretRef: db }, Q: { secretRef: other } } }\n");
        string[] Findings() => [.. module.ErrorsOf($"Test-LightVMSpec '{path}' -HostName 'unix:{directory}/none.sock'").Select(error => error.Exception.Message)];
        Assert.All(Findings().Take(2), line => Assert.Contains("is nowhere: CREDENTIALS_DIRECTORY names no directory", line, StringComparison.Ordinal));
        module.Run("function global:Get-Secret { [CmdletBinding()] param([string] $Name, [switch] $AsPlainText) if ($Name -ne 'db' -or -not $AsPlainText) { throw \"no secret $Name\" }; 'from the vault' }");
        string[] findings = Findings();
        Assert.DoesNotContain(findings, line => line.Contains("'db'", StringComparison.Ordinal));
        Assert.Contains(findings, line => line.Contains("secret 'other' of variable 'Q' is nowhere: CREDENTIALS_DIRECTORY names no directory, and Get-Secret says: no secret other", StringComparison.Ordinal));
    }
}
