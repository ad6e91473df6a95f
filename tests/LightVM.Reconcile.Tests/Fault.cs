namespace LightVM.Reconcile.Tests;

/// <summary>How a request to the model fails.</summary>
internal enum Fault
{
    None,

    /// <summary>The host is lost, and nothing was done.</summary>
    Before,

    /// <summary>It was done, and the answer is lost.</summary>
    After,
}
