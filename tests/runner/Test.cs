namespace LightVM.PesterRunner;

/// <summary>An It, as discovery found it.</summary>
internal sealed class Test : Item;
