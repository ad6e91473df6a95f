using System.Text.Encodings.Web;
using System.Text.Json;

namespace LightVM.Dsc;

/// <summary>What the engine shows of a command: one JSON object with one message on each line of standard error.</summary>
internal sealed class MessageLog(TextWriter writer)
{
    public void Error(string text) => Write("error", text);

    public void Error(Problem problem) =>
        Error(string.IsNullOrEmpty(problem.Recommendation) ? problem.ToString() : $"{problem} {problem.Recommendation}");

    public void Info(string text) => Write("info", text);

    private void Write(string level, string text) =>
        writer.WriteLine($"{{\"{level}\":\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"}}");
}
