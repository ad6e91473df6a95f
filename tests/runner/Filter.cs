using System.Management.Automation;

namespace LightVM.PesterRunner;

/// <summary>Decides what runs and what is skipped, by Pester's rules.</summary>
internal static class Filter
{
    /// <summary>Marks every item below <paramref name="root"/>.</summary>
    public static void Apply(Block root, RunnerOptions options)
    {
        root.ShouldRun = true;
        Mark(root, options);
    }

    private static void Mark(Block block, RunnerOptions options)
    {
        foreach (var child in block.Children)
        {
            child.Skip |= block.Skip;
            child.Excluded = block.Excluded || MatchesTag(child, options.ExcludeTags);
            child.Included = !child.Excluded && (block.Included || IsIncluded(child, options));
            if (child is Block inner)
            {
                Mark(inner, options);
                child.ShouldRun = !child.Excluded && inner.Children.Any(item => item.ShouldRun);
            }
            else
            {
                var filtered = options.Tags.Count > 0 || options.FullNames.Count > 0;
                child.ShouldRun = !child.Excluded && (child.Included || !filtered);
            }
        }

        // Where every test is skipped, no set-up runs.
        var runs = block.Children.Where(child => child.ShouldRun).ToArray();
        block.Skip |= runs.Length > 0 && runs.All(child => child.Skip);
    }

    private static bool IsIncluded(Item item, RunnerOptions options) =>
        MatchesTag(item, options.Tags)
        || options.FullNames.Any(pattern => Like(string.Join('.', item.Path), pattern));

    private static bool MatchesTag(Item item, IReadOnlyList<string> patterns) =>
        patterns.Any(pattern => item.Tags.Any(tag => Like(tag, pattern)));

    private static bool Like(string text, string pattern) =>
        WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase).IsMatch(text);
}
