using System.Text;

namespace LightVM.Reconcile;

/// <summary>References inside the file, last part: secrets. Their values are put where the spec names them, and are never shown.</summary>
public static class SecretReferences
{
    /// <summary>What plans show in place of a value.</summary>
    internal static string Mask(string secret) => $"(secret {secret})";

    /// <summary>Letters, digits, <c>-</c>, <c>_</c> and <c>.</c>, not at the beginning: at most 253.</summary>
    public static bool IsName(string? text) =>
        text is { Length: > 0 and <= 253 } && text[0] != '.' && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    internal static async Task ResolveAsync(FleetSpec spec, FindingList findings, ISecretSource source, CancellationToken cancellationToken)
    {
        var known = new Dictionary<string, SecretValue>(StringComparer.Ordinal);
        foreach (GuestSpec guest in spec.Guests)
        {
            var environment = new Dictionary<string, string>(guest.Environment, StringComparer.Ordinal);
            foreach ((string variable, string secret) in guest.Secrets)
            {
                string what = $"secret '{secret}' of variable '{variable}'";
                string path = $"{guest.Path}.environment.{variable}";
                SourceMark mark = guest.MarkOf($"environment.{variable}");

                // A file of one line ends with its end.
                if (await FindAsync(secret, what, mark, path).ConfigureAwait(false) is not { } value)
                {
                    continue;
                }

                value = value.EndsWith("\r\n", StringComparison.Ordinal) ? value[..^2] : value.EndsWith('\n') ? value[..^1] : value;
                if (value.Any(char.IsControl))
                {
                    findings.Add(mark, path, $"{what} has several lines or control characters", "a text in one line");
                    continue;
                }

                // What it holds is itself, whatever it looks like.
                environment[variable] = ReplicaName.Escape(value);
            }

            if (guest.Secrets.Count > 0)
            {
                guest.Environment = environment;
            }

            foreach (FileSpec file in guest.Files.Where(file => file.Secret is not null))
            {
                if (await FindAsync(file.Secret!, $"secret '{file.Secret}' of file '{file.Path}'", file.Mark, $"{file.Place}.secretRef").ConfigureAwait(false) is { } value)
                {
                    file.Content = Encoding.UTF8.GetBytes(value);
                }
            }
        }

        async Task<string?> FindAsync(string secret, string what, SourceMark mark, string path)
        {
            if (!known.TryGetValue(secret, out SecretValue found))
            {
                known[secret] = found = await source.FindAsync(secret, cancellationToken).ConfigureAwait(false);
            }

            if (found.Value is null)
            {
                findings.Add(mark, path, $"{what} {found.Why}", $"a file of that name in the directory that {CredentialDirectory.Variable} names, or a secret that Get-Secret gives");
            }

            return found.Value;
        }
    }
}
