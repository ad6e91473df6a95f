namespace LightVM.Reconcile;

/// <summary>What becomes of a guest that has a name of the spec and is of no fleet. One of another fleet is never taken.</summary>
public enum AdoptPolicy
{
    /// <summary>It is not touched, and its step is Blocked.</summary>
    Never,

    /// <summary>It becomes the fleet's if it is as the spec says already.</summary>
    IfIdentical,

    /// <summary>It becomes the fleet's, and is made as the spec says.</summary>
    Always,
}
