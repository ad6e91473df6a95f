using System.Security.Cryptography;
using System.Text;

namespace LightVM.Reconcile.Yaml;

/// <summary>The text of a spec file, read within bounds, and what can be said of it before it is parsed.</summary>
internal sealed class SpecText
{
    /// <summary>Bytes.</summary>
    public const int MaxSize = 1024 * 1024;

    private SpecText(string text, string digest)
    {
        Text = text;
        Digest = digest;
    }

    public string Text { get; }

    /// <summary>SHA-256 of the file's bytes: <c>sha256:…</c>.</summary>
    public string Digest { get; }

    /// <exception cref="LightVMException">SpecNotFound, AccessDenied; SpecInvalid: too long, or not text.</exception>
    public static SpecText Read(string path, FindingList findings)
    {
        byte[] bytes = ReadBytes(path, findings);
        return FromBytes(bytes, findings);
    }

    /// <exception cref="LightVMException">SpecInvalid: not text.</exception>
    public static SpecText FromBytes(ReadOnlySpan<byte> bytes, FindingList findings)
    {
        string digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));
        string text = Decode(bytes, findings);
        findings.Show(text);
        RefuseControls(text, findings);
        return new SpecText(text, digest);
    }

    private static byte[] ReadBytes(string path, FindingList findings)
    {
        try
        {
            if (Directory.Exists(path))
            {
                throw new LightVMException(
                    ErrorCodes.SpecNotFound, $"'{findings.File}' is a directory, not a spec file.", findings.File,
                    $"Name the files in it: '{findings.File.TrimEnd('/')}/*.yaml'.");
            }

            // Not File.ReadAllBytes: a pipe or a device has no length, and may have no end.
            using FileStream stream = File.OpenRead(path);
            byte[] buffer = new byte[MaxSize + 1];
            int length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            if (length > MaxSize)
            {
                findings.Add(new SourceMark(1, 1), "", "the file is longer than 1 MB", "a spec of at most 1 MB");
                throw findings.ToException();
            }

            return buffer[..length];
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new LightVMException(
                ErrorCodes.SpecNotFound, $"There is no spec file '{findings.File}'.", findings.File,
                "Check the path; relative paths start at the current location.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new LightVMException(
                ErrorCodes.AccessDenied, $"The spec file '{findings.File}' may not be read: {e.Message}", findings.File,
                "Give this user read access to the file.", e);
        }
        catch (IOException e)
        {
            throw new LightVMException(
                ErrorCodes.SpecNotFound, $"The spec file '{findings.File}' cannot be read: {e.Message}", findings.File,
                "Check that the file is whole and readable.", e);
        }
    }

    private static string Decode(ReadOnlySpan<byte> bytes, FindingList findings)
    {
        // Windows PowerShell writes UTF-16 by default, so files of that kind are met.
        Encoding encoding = bytes switch
        {
            [0xFF, 0xFE, ..] => new UnicodeEncoding(bigEndian: false, byteOrderMark: true, throwOnInvalidBytes: true),
            [0xFE, 0xFF, ..] => new UnicodeEncoding(bigEndian: true, byteOrderMark: true, throwOnInvalidBytes: true),
            _ => new UTF8Encoding(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true),
        };
        ReadOnlySpan<byte> content = bytes.StartsWith(encoding.Preamble) ? bytes[encoding.Preamble.Length..] : bytes;
        try
        {
            return encoding.GetString(content);
        }
        catch (DecoderFallbackException e)
        {
            int good = Math.Clamp(e.Index, 0, content.Length);
            Encoding lenient = encoding is UTF8Encoding ? Encoding.UTF8 : encoding;
            SourceMark mark = encoding is UTF8Encoding ? MarkAt(lenient.GetString(content[..good]), int.MaxValue) : new SourceMark(1, 1);
            findings.Add(mark, "", "bytes that are not text", "UTF-8 throughout");
            throw findings.ToException();
        }
    }

    /// <summary>
    /// YAML forbids most control characters. NEL, LS and PS are refused with them: the parser counts them as ends of lines
    /// and editors do not, so every later position would be wrong.
    /// </summary>
    private static void RefuseControls(string text, FindingList findings)
    {
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            bool lone = char.IsSurrogate(c)
                && !(char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                && !(char.IsLowSurrogate(c) && i > 0 && char.IsHighSurrogate(text[i - 1]));
            if (lone || (char.IsControl(c) && c is not ('\t' or '\n' or '\r')) || c is '\u2028' or '\u2029' or '\uFEFF' or '\uFFFE' or '\uFFFF')
            {
                findings.Add(MarkAt(text, i), "", $"the control character U+{(int)c:X4}", "text; an escape in double quotes can stand for it");
                throw findings.ToException();
            }
        }
    }

    /// <summary>Whether the line ends with this character; of CR LF it is the second.</summary>
    public static bool EndsLine(string text, int index) =>
        text[index] == '\n' || (text[index] == '\r' && !(index + 1 < text.Length && text[index + 1] == '\n'));

    /// <summary>Where a character stands.</summary>
    public static SourceMark MarkAt(string text, int index)
    {
        int line = 1;
        int start = 0;
        int end = Math.Min(index, text.Length);
        for (int i = 0; i < end; i++)
        {
            if (EndsLine(text, i))
            {
                line++;
                start = i + 1;
            }
        }

        return new SourceMark(line, end - start + 1);
    }
}
