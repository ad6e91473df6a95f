namespace LightVM.Toolstack;

/// <summary>What lightvm-io answered; without an answer the connection was lost first.</summary>
internal readonly record struct IoResult(bool Answered, int ErrorNumber, string Step)
{
    public static IoResult Lost { get; } = new(false, 0, "");

    public bool Succeeded => Answered && ErrorNumber == 0;
}
