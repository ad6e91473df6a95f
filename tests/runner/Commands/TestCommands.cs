using System.Management.Automation.Runspaces;

namespace LightVM.PesterRunner;

/// <summary>Pester's words, as aliases of our commands, since a cmdlet's own name needs a verb.</summary>
internal static class TestCommands
{
    public static IReadOnlyList<SessionStateCommandEntry> All { get; } =
    [
        .. Word("Describe", "Add-DescribeBlock", typeof(DescribeCommand)),
        .. Word("Context", "Add-ContextBlock", typeof(ContextCommand)),
        .. Word("It", "Add-Test", typeof(ItCommand)),
        .. Word("BeforeDiscovery", "Invoke-BeforeDiscovery", typeof(BeforeDiscoveryCommand)),
        .. Word("BeforeAll", "Set-BeforeAll", typeof(BeforeAllCommand)),
        .. Word("AfterAll", "Set-AfterAll", typeof(AfterAllCommand)),
        .. Word("BeforeEach", "Set-BeforeEach", typeof(BeforeEachCommand)),
        .. Word("AfterEach", "Set-AfterEach", typeof(AfterEachCommand)),
        .. Word("Should", "Assert-Should", typeof(ShouldCommand)),
        new SessionStateCmdletEntry("Set-ItResult", typeof(SetItResultCommand), null),
        new SessionStateCmdletEntry("Deny-PesterFeature", typeof(UnsupportedCommand), null),
        .. UnsupportedCommand.Words.Select(word => new SessionStateAliasEntry(word, "Deny-PesterFeature")),
    ];

    private static SessionStateCommandEntry[] Word(string word, string name, Type type) =>
        [new SessionStateCmdletEntry(name, type, null), new SessionStateAliasEntry(word, name)];
}
