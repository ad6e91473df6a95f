namespace LightVM.Toolstack;

/// <content>What is to be held, and how that stands.</content>
internal sealed partial class ShellPool
{
    /// <summary>Reads what is to be held. Once, before anything is taken.</summary>
    public void Load()
    {
        PoolRecord record = _store.LoadPool();
        lock (_sync)
        {
            Apply(record);
        }
    }

    /// <summary>Changes what is to be held, and saves it.</summary>
    /// <param name="change">May throw; then nothing changes.</param>
    public void Configure(Func<PoolRecord, PoolRecord> change)
    {
        lock (_configuring)
        {
            PoolRecord record = change(Record());
            _store.SavePool(record);
            lock (_sync)
            {
                Apply(record);
            }
        }

        Wake();
    }

    /// <summary>Images or checkpoints have come, gone, or are others than they were.</summary>
    public void SourcesChanged()
    {
        lock (_sync)
        {
            Resolve();
        }

        Wake();
    }

    public PoolRecord Record()
    {
        lock (_sync)
        {
            return new PoolRecord { Budget = _budget, Flavours = [.. _stocks.Select(stock => stock.Flavour)] };
        }
    }

    /// <summary>The flavour of that kind, or null.</summary>
    public PoolFlavour? Find(PoolFlavourRecord flavour)
    {
        lock (_sync)
        {
            return _stocks.Find(stock => stock.Flavour.IsSameAs(flavour)) is { } stock ? View(stock) : null;
        }
    }

    public Pool View()
    {
        lock (_sync)
        {
            return new Pool
            {
                Budget = _budget,
                Memory = _all.Sum(pair => pair.Value.Holder.Record.Memory),
                ShellCount = _all.Count,
                Flavours = [.. _stocks.Select(View).OrderBy(flavour => flavour.Image, StringComparer.Ordinal).ThenBy(flavour => flavour.Memory)],
            };
        }
    }

    private static PoolFlavour View(ShellStock stock) => new()
    {
        Checkpoint = stock.Flavour.Checkpoint,
        Image = stock.Flavour.Image,
        Memory = stock.Flavour.Memory,
        VCpuCount = stock.Flavour.VCpuCount,
        Devices = stock.Flavour.Devices,
        Wanted = stock.Flavour.Count,
        Ready = stock.Ready.Count,
        Hits = stock.Hits,
        Misses = stock.Misses,
        Refills = stock.Refills,
        Failures = stock.Failures,
        Drops = stock.Drops,
        LastError = stock.LastError,
        Fleet = stock.Flavour.Fleet,
    };

    private void Apply(PoolRecord record)
    {
        List<ShellStock> before = _stocks;
        _budget = record.Budget;
        _stocks = [.. record.Flavours.Select(flavour => before.Find(stock => stock.Flavour.IsSameAs(flavour)) ?? new ShellStock(flavour))];
        for (int i = 0; i < _stocks.Count; i++)
        {
            _stocks[i].Flavour = record.Flavours[i];
        }

        before.Except(_stocks).ToList().ForEach(DropAll);
        Resolve();
        Trim();
    }

    /// <summary>Which image or checkpoint each flavour's name points to now; shells of another go.</summary>
    private void Resolve()
    {
        _byKind.Clear();
        foreach (ShellStock stock in _stocks)
        {
            PoolFlavourRecord flavour = stock.Flavour;
            ShellKind? kind = KindOf(flavour);
            if (kind != stock.Kind)
            {
                DropAll(stock);
                stock.Kind = kind;
                stock.BackOff.Succeed();
                stock.LastError = kind is null ? MissingSource(flavour) : null;
            }

            if (kind is { } known)
            {
                _byKind[known] = stock;
            }
        }
    }

    private ShellKind? KindOf(PoolFlavourRecord flavour)
    {
        if (flavour.Checkpoint is not null)
        {
            return _parts.Checkpoints.Find(flavour.Checkpoint) is { } stored ? ShellKind.Of(stored) : null;
        }

        return _parts.Images.Find(flavour.Image) is { } image
            ? new ShellKind(image.Public.Digest, flavour.Memory, flavour.VCpuCount, DeviceSlots.ControlPages(flavour.Devices), 0)
            : null;
    }

    private static string MissingSource(PoolFlavourRecord flavour) => flavour.Checkpoint is { } checkpoint
        ? $"There is no checkpoint '{checkpoint}' on this host."
        : $"There is no image '{flavour.Image}' on this host.";
}
