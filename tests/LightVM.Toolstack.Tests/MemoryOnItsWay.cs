namespace LightVM.Toolstack.Tests;

/// <summary>What a move sends of memory: zeros by their number, all else as it is.</summary>
public sealed class MemoryOnItsWay
{
    private static readonly byte[] Zeros = new byte[1000];

    [Fact]
    public void Comes_out_as_it_went_in()
    {
        var random = new Random(5);
        for (int round = 0; round < 300; round++)
        {
            byte[] data = new byte[random.Next(0, 20_000)];
            for (int at = 0; at < data.Length;)
            {
                int length = Math.Min(random.Next(1, 3000), data.Length - at);
                if (random.Next(2) == 0)
                {
                    random.NextBytes(data.AsSpan(at, length));
                }

                at += length;
            }

            Assert.Equal(data, Decode(Encode(data)));
        }
    }

    [Fact]
    public void Costs_next_to_nothing_where_it_is_zero()
    {
        Assert.Equal(8, Encode(new byte[64 << 10]).Length);
        byte[] page = new byte[64 << 10];
        page[5000] = 1;
        Assert.InRange(Encode(page).Length, 1, 300);
        Assert.Empty(Encode([]));
    }

    [Fact]
    public void Never_takes_more_than_was_made_room_for()
    {
        byte[] worst = new byte[64 << 10];
        for (int at = 0; at < worst.Length; at += 512)
        {
            worst[at] = 1;
        }

        Assert.True(Encode(worst).Length <= SparseBytes.MaxLength(worst.Length));
        Array.Fill(worst, (byte)1);
        Assert.True(Encode(worst).Length <= SparseBytes.MaxLength(worst.Length));
    }

    [Fact]
    public void Is_refused_where_it_says_more_than_it_has()
    {
        byte[] whole = Encode([.. Enumerable.Range(1, 600).Select(i => (byte)i)]);
        Assert.Throws<LightVMException>(() => Decode(whole[..^1]));
        Assert.Throws<LightVMException>(() => Decode(whole[..7]));
        Assert.Throws<LightVMException>(() => Decode([255, 255, 255, 255, 0, 0, 0, 0])); // 4 GB of zeros in 8 bytes
        var random = new Random(7);
        for (int round = 0; round < 2000; round++)
        {
            byte[] noise = new byte[random.Next(0, 64)];
            random.NextBytes(noise);
            try
            {
                Decode(noise);
            }
            catch (LightVMException e)
            {
                Assert.Equal(ErrorCodes.CheckpointInvalid, e.Problem.Code);
            }
        }
    }

    private static byte[] Encode(byte[] data)
    {
        byte[] message = new byte[SparseBytes.MaxLength(data.Length)];
        return message[..SparseBytes.Encode(data, message)];
    }

    private static byte[] Decode(byte[] message)
    {
        var decoded = new MemoryStream();
        SparseBytes.Decode(message, Zeros, decoded.Write);
        return decoded.ToArray();
    }
}
