using System.Globalization;
using System.Xml.Linq;

namespace LightVM.PesterRunner;

/// <summary>Results for machines, in the form that CI systems read.</summary>
internal static class JUnit
{
    public static void Write(string path, IReadOnlyList<Result> results)
    {
        var suites = results.GroupBy(result => result.File).Select(file => new XElement(
            "testsuite",
            new XAttribute("name", Path.GetFileName(file.Key)),
            new XAttribute("tests", file.Count()),
            new XAttribute("failures", file.Count(result => result.Outcome == Outcome.Failed)),
            new XAttribute("skipped", file.Count(result => result.Outcome is Outcome.Skipped or Outcome.Inconclusive)),
            new XAttribute("time", Seconds(file.Sum(result => result.Duration.TotalSeconds))),
            file.Select(Case)));
        if (Path.GetDirectoryName(path) is { Length: > 0 } directory)
        {
            Directory.CreateDirectory(directory);
        }

        new XDocument(new XElement("testsuites", suites)).Save(path);
    }

    private static XElement Case(Result result) => new(
        "testcase",
        new XAttribute("classname", Clean(string.Join('.', result.Path.SkipLast(1)))),
        new XAttribute("name", Clean(result.Path[^1])),
        new XAttribute("time", Seconds(result.Duration.TotalSeconds)),
        result.Outcome switch
        {
            Outcome.Failed => new XElement("failure", Clean(string.Join('\n', result.Messages))),
            Outcome.Passed => null,
            _ => new XElement("skipped", new XAttribute("message", Clean(string.Join(' ', result.Messages)))),
        });

    private static string Seconds(double seconds) => seconds.ToString("0.000", CultureInfo.InvariantCulture);

    /// <summary>XML has no form for control characters, and guests print them.</summary>
    private static string Clean(string text) =>
        string.Concat(text.Select(c => System.Xml.XmlConvert.IsXmlChar(c) || char.IsSurrogate(c) ? c : '?'));
}
