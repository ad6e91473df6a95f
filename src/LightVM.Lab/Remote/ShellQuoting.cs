namespace LightVM.Lab.Remote;

/// <summary>
/// Writes arguments so that a POSIX shell reads back the same bytes: sshd gives the command to root's shell as one text.
/// </summary>
internal static class ShellQuoting
{
    /// <summary>Quotes arguments and joins them with blanks. No argument may hold a NUL, as none can.</summary>
    public static byte[] Join(IEnumerable<byte[]> arguments)
    {
        var text = new List<byte>();
        foreach (var argument in arguments)
        {
            if (text.Count > 0)
            {
                text.Add((byte)' ');
            }

            // Everything is quoted, so that no word can be an option of ssh, an assignment, an alias or a keyword.
            text.Add((byte)'\'');
            foreach (var b in argument)
            {
                if (b == '\'')
                {
                    text.AddRange(@"'\''"u8);
                }
                else
                {
                    text.Add(b);
                }
            }

            text.Add((byte)'\'');
        }

        return [.. text];
    }
}
