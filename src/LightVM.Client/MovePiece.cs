namespace LightVM.Client;

/// <summary>What a <see cref="MoveStream"/> gave: bytes, or one of the other two.</summary>
/// <param name="Count">Bytes.</param>
/// <param name="EndOfMessage">Whether a message ends with them.</param>
/// <param name="Progress">Or null.</param>
/// <param name="End">Or null.</param>
internal readonly record struct MovePiece(int Count, bool EndOfMessage, MoveProgress? Progress, MoveEnd? End);
