using System.Text;
using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>
/// The command line that a guest gets: its own, then its arguments. A unikernel's runtime and Linux split and unquote alike:
/// at blanks that no pair of '"' holds; there is no way to write a '"' itself. Pure.
/// </summary>
internal static class GuestArguments
{
    private const string LinuxSeparator = "--";

    /// <summary>What is handed to the guest.</summary>
    /// <param name="linux">Whether a Linux kernel reads it: what comes after <c>--</c> is for its init.</param>
    public static string Join(string commandLine, IReadOnlyList<string> arguments, bool linux)
    {
        if (arguments.Count == 0)
        {
            return commandLine;
        }

        var text = new StringBuilder(commandLine);
        if (linux && !commandLine.Split(' ').Contains(LinuxSeparator))
        {
            Append(text, LinuxSeparator);
        }

        foreach (string argument in arguments)
        {
            Append(text, NeedsQuotes(argument) ? $"\"{argument}\"" : argument);
        }

        return text.ToString();
    }

    /// <exception cref="LightVMException">InvalidArgument.</exception>
    public static void Check(string name, string commandLine, IReadOnlyList<string> arguments, bool linux)
    {
        foreach (string argument in arguments)
        {
            if (argument is null || argument.AsSpan().ContainsAny('"', '\0'))
            {
                throw Problems.InvalidArgument(
                    $"Guest '{name}': the argument '{argument}' holds a '\"' or a NUL, which a command line cannot carry.",
                    name,
                    "Give it to the guest by a file or an environment variable.");
            }
        }

        if (commandLine.Contains('\0', StringComparison.Ordinal))
        {
            throw Problems.InvalidArgument($"Guest '{name}': its command line holds a NUL.", name, "Remove it.");
        }

        int size = Encoding.UTF8.GetByteCount(Join(commandLine, arguments, linux));
        if (size > GuestConfig.MaxCommandLine)
        {
            throw Problems.InvalidArgument(
                $"Guest '{name}': its command line{(arguments.Count == 0 ? " is" : " and arguments together are")} {size} bytes long, and {GuestConfig.MaxCommandLine} is the most.",
                name,
                "Shorten it, or give what is long to the guest by a file or an environment variable.");
        }
    }

    private static bool NeedsQuotes(string argument) => argument.Length == 0 || argument.Any(char.IsWhiteSpace);

    private static void Append(StringBuilder text, string word)
    {
        if (text.Length > 0 && text[^1] != ' ')
        {
            text.Append(' ');
        }

        text.Append(word);
    }
}
