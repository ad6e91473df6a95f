using System.Text;
using LightVM.Reconcile.Yaml;

namespace LightVM.Reconcile.Tests;

/// <summary>Whatever the bytes are, a spec is bound or refused with findings inside the file; nothing else comes out.</summary>
public sealed class FuzzTests
{
    private const int Rounds = 6000;

    private static readonly string[] Fragments =
    [
        "\t", "\n", "\r\n", "  ", "- ", ": ", "&a ", "*a", "!!str ", "|", ">-", "\"", "'", "{", "}", "[", "]", "#", "%YAML 1.2", "---", "...", "? ", ",",
        "<<: ", "~", "0x", "\u0085", "\u2028", "\ud800", "\0", "name:", "memory: 4MB", "99999999999999999999", "[[[[[[[[", "- - - - - -", "\\x", "é", "😀", "@", "`",
    ];

    public static TheoryData<int> Seeds => [1, 2, 3, 4];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Mutated_specs_never_give_anything_but_findings(int seed)
    {
        var random = new Random(seed);
        string[] sources =
        [
            .. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "broken"), "*.yaml").Order(StringComparer.Ordinal).Select(path => File.ReadAllText(path)),
            "apiVersion: lightvm/v1\nkind: Fleet\nmetadata: { name: q }\nimages:\n  - { name: hello, path: ../x }\nguests:\n  - name: web\n    image: hello\n    replicas: 3\n    labels: { a: b }\n    commandLine: >-\n      a\n      b\n",
            GoodSpecTests.Networked,
            GoodSpecTests.Hosted,
        ];
        for (int round = 0; round < Rounds; round++)
        {
            byte[] bytes = Mutate(sources[random.Next(sources.Length)], random);
            var findings = new FindingList("fuzz.yaml");
            try
            {
                FleetSpec? spec = SpecLoader.Bind(SpecText.FromBytes(bytes, findings), "/specs/fuzz.yaml", findings);
                if (spec is not null)
                {
                    NameReferences.Check(spec, findings);
                    HostNames.Check(spec, findings);
                    DeviceReferences.Check(spec, findings);
                }

                findings.ThrowIfAny();
                Assert.NotNull(spec);
            }
            catch (LightVMException e)
            {
                int lines = 1 + Encoding.UTF8.GetString(bytes).Count(c => c is '\n' or '\r');
                Assert.NotEmpty(e.Findings);
                Assert.All(e.Findings, finding =>
                {
                    Assert.InRange(finding.Line, 1, lines + 1);
                    Assert.InRange(finding.Column, 1, bytes.Length + 2);
                    Assert.DoesNotContain('\n', finding.Message);
                });
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}, round {round}: {e.GetType()}: {e.Message}\n{Convert.ToBase64String(bytes)}\n{e.StackTrace}");
            }
        }
    }

    [Fact]
    public void Deep_nesting_ends_soon()
    {
        foreach (string text in new[] { new string('[', 900_000), string.Concat(Enumerable.Repeat("- ", 400_000)), string.Concat(Enumerable.Repeat("{a: ", 200_000)) })
        {
            var findings = new FindingList("deep.yaml");
            Assert.Throws<LightVMException>(() => YamlReader.Read(text, findings));
        }
    }

    private static byte[] Mutate(string source, Random random)
    {
        var text = new StringBuilder(source);
        for (int i = random.Next(1, 6); i > 0; i--)
        {
            int at = random.Next(text.Length + 1);
            switch (random.Next(4))
            {
                case 0:
                    text.Insert(at, Fragments[random.Next(Fragments.Length)]);
                    break;
                case 1:
                    text.Remove(at, Math.Min(random.Next(8), text.Length - at));
                    break;
                case 2:
                    string part = text.ToString(at, Math.Min(random.Next(20), text.Length - at));
                    text.Insert(random.Next(text.Length + 1), part);
                    break;
                default:
                    if (at < text.Length)
                    {
                        text[at] = (char)random.Next(1, 256);
                    }

                    break;
            }
        }

        byte[] bytes = Encoding.UTF8.GetBytes(text.ToString());
        if (bytes.Length > 0 && random.Next(10) == 0)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        }

        return bytes;
    }
}
