namespace LightVM.Toolstack;

/// <summary>The units that serve networks, one instance for each. Failures are <see cref="LightVMException"/>.</summary>
internal interface IUnits
{
    /// <summary>Starts it, or finds that it runs.</summary>
    /// <param name="restart">Also if it runs.</param>
    void Start(string network, bool restart);

    /// <summary>Has it read its files again; one that does not run is no error.</summary>
    void Reload(string network);

    /// <summary>Returns when it has ended; one that does not run is no error.</summary>
    void Stop(string network);
}
