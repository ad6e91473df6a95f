using System.Text;

namespace LightVM.Reconcile;

/// <summary>
/// Secrets as files of a directory, named as they are: the credentials that systemd gives a service (LoadCredential=), or a directory that
/// CREDENTIALS_DIRECTORY names otherwise.
/// </summary>
public sealed class CredentialDirectory : ISecretSource
{
    public const string Variable = "CREDENTIALS_DIRECTORY";

    private readonly string? directory;

    /// <param name="directory">Null: what the variable says.</param>
    public CredentialDirectory(string? directory = null) => this.directory = directory ?? Environment.GetEnvironmentVariable(Variable);

    public async Task<SecretValue> FindAsync(string name, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(directory))
        {
            return new SecretValue(null, $"is nowhere: {Variable} names no directory");
        }

        string path = Path.Combine(directory, name);
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > GuestFile.MaxTotal })
            {
                return new SecretValue(null, $"has more than {GuestFile.MaxTotal:N0} bytes in {path}");
            }

            byte[] bytes = await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
            return new SecretValue(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes), null);
        }
        catch (DecoderFallbackException)
        {
            return new SecretValue(null, $"is not text in UTF-8 in {path}");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new SecretValue(null, $"is not in {directory}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new SecretValue(null, $"cannot be read: {e.Message.TrimEnd('.')}");
        }
    }
}
