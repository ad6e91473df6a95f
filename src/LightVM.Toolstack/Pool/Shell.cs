using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>
/// A domain that is built, attached to lightvm-io and paused. Its record is an intent that no answer confirms, so what a
/// killed lightvmd leaves of it the next one destroys; a guest that is made of it takes the record's place.
/// </summary>
internal sealed class Shell(ManagedGuest holder, ShellStock stock, XenShell pages, uint? consoleIndex)
{
    public Guid Id => Holder.Id;

    /// <summary>Stands for it with lightvm-io. No registry of guests knows it.</summary>
    public ManagedGuest Holder { get; } = holder;

    public Life Life { get; } = holder.Life!;

    public ShellStock Stock { get; } = stock;

    public XenShell Pages { get; } = pages;

    /// <summary>Of one that is restored: where its console's ring goes on. Null: it is built, and has never run.</summary>
    public uint? ConsoleIndex { get; } = consoleIndex;

    /// <summary>Whether it is as it was prepared: nothing has ended it, lightvm-io holds it or is going to.</summary>
    public bool IsSound => !Life.Started.Task.IsCompleted;
}
