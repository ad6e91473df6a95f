namespace LightVM.PesterRunner;

/// <summary>The operators that Should has.</summary>
internal static class ShouldOperators
{
    public static IReadOnlyList<IShouldOperator> All { get; } =
    [
        new BeOperator("Be", "EQ", ignoreCase: true),
        new BeOperator("BeExactly", "CEQ", ignoreCase: false),
        new TruthOperator("BeTrue", expected: true),
        new TruthOperator("BeFalse", expected: false),
        new BeNullOrEmptyOperator(),
        new CompareOperator("BeGreaterThan", "GT", "greater than", order => order > 0),
        new CompareOperator("BeGreaterOrEqual", "GE", "greater than or equal to", order => order >= 0),
        new CompareOperator("BeLessThan", "LT", "less than", order => order < 0),
        new CompareOperator("BeLessOrEqual", "LE", "less than or equal to", order => order <= 0),
        new LikeOperator("BeLike", "LIKE", ignoreCase: true),
        new LikeOperator("BeLikeExactly", "CLIKE", ignoreCase: false),
        new MatchOperator("Match", [], ignoreCase: true),
        new MatchOperator("MatchExactly", ["CMATCH"], ignoreCase: false),
        new BeInOperator(),
        new ContainOperator(),
        new HaveCountOperator(),
        new BeOfTypeOperator(),
        new ExistOperator(),
        new FileContentOperator("FileContentMatch", ignoreCase: true, multiline: false),
        new FileContentOperator("FileContentMatchExactly", ignoreCase: false, multiline: false),
        new FileContentOperator("FileContentMatchMultiline", ignoreCase: true, multiline: true),
        new FileContentOperator("FileContentMatchMultilineExactly", ignoreCase: false, multiline: true),
        new ThrowOperator(),
        new HaveParameterOperator(),
    ];

    public static IShouldOperator Named(string name) =>
        All.FirstOrDefault(operation => operation.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new ArgumentException("Should needs an operator, such as -Be.");
}
