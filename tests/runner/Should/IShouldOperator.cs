namespace LightVM.PesterRunner;

/// <summary>One operator of Should.</summary>
internal interface IShouldOperator
{
    string Name { get; }

    IReadOnlyList<string> Aliases { get; }

    /// <summary>Whether piped values come together, as an array; else each is judged by itself.</summary>
    bool TakesArray { get; }

    /// <summary>Parameters in the order of their positions; those of switches are <c>SwitchParameter</c>.</summary>
    IReadOnlyList<(string Name, Type Type)> Parameters { get; }

    ShouldOutcome Test(ShouldCall call);
}
