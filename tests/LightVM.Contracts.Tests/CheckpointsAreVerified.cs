using System.Text;

namespace LightVM.Contracts.Tests;

/// <summary>A checkpoint that is torn or altered anywhere is refused, however its bytes come; what is wrong is said.</summary>
public sealed class CheckpointsAreVerified
{
    private static byte[] Make(int memory)
    {
        var random = new Random(memory);
        byte[] bytes = new byte[memory];
        random.NextBytes(bytes);
        var hash = new XxHash64();
        byte[] front = CheckpointFormat.Begin("""{"name":"a"}"""u8);
        hash.Append(front);
        hash.Append(bytes);
        return [.. front, .. bytes, .. CheckpointFormat.End(hash, memory)];
    }

    private static CheckpointVerifier Verify(byte[] file, int piece)
    {
        var verifier = new CheckpointVerifier("a");
        for (int i = 0; i < file.Length; i += piece)
        {
            verifier.Append(file.AsSpan(i, Math.Min(piece, file.Length - i)));
        }

        verifier.Complete();
        return verifier;
    }

    private static void Refused(byte[] file, int piece = 4096) =>
        Assert.Equal(ErrorCodes.CheckpointInvalid, Assert.Throws<LightVMException>(() => Verify(file, piece)).Problem.Code);

    [Theory]
    [InlineData("", 0xEF46DB3751D8E999)]
    [InlineData("a", 0xD24EC4F1A98C6E5B)]
    [InlineData("abc", 0x44BC2CF5AD770999)]
    [InlineData("Nobody inspects the spammish repetition", 0xFBCEA83C8A378BF1)]
    public void The_checksum_is_XXH64(string text, ulong expected)
    {
        Assert.Equal(expected, XxHash64.Of(Encoding.ASCII.GetBytes(text)));
        var pieces = new XxHash64();
        foreach (byte one in Encoding.ASCII.GetBytes(text))
        {
            pieces.Append([one]);
        }

        Assert.Equal(expected, pieces.Value);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4097)]
    [InlineData(300_000)]
    public void A_whole_one_is_taken_in_pieces_of_any_size(int memory)
    {
        byte[] file = Make(memory);
        foreach (int piece in (int[])[1, 7, 31, 32, 33, 4096, file.Length])
        {
            CheckpointVerifier verifier = Verify(file, piece);
            Assert.Equal((memory, 4096, file.Length), (verifier.MemoryLength, verifier.MemoryOffset, verifier.Length));
            Assert.Equal("""{"name":"a"}""", Encoding.UTF8.GetString(verifier.Header!.Value.Span));
        }
    }

    [Fact]
    public void One_of_which_any_byte_is_altered_is_refused()
    {
        byte[] file = Make(2000);
        for (int i = 0; i < file.Length; i++)
        {
            file[i] ^= (byte)(1 << (i % 8));
            Refused(file);
            file[i] ^= (byte)(1 << (i % 8));
        }

        Verify(file, 4096);
    }

    [Fact]
    public void One_that_is_cut_off_anywhere_or_longer_is_refused()
    {
        byte[] file = Make(2000);
        for (int length = 0; length < file.Length; length++)
        {
            Refused(file[..length]);
        }

        Refused([.. file, 0]);
        Refused([.. file, .. file]);
    }

    [Fact]
    public void Bytes_of_no_sense_are_refused()
    {
        var random = new Random(5);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            if (round % 2 == 0 && bytes.Length > 16)
            {
                Make(0).AsSpan(0, random.Next(1, 16)).CopyTo(bytes);
            }

            Refused(bytes, random.Next(1, 64));
        }
    }

    [Fact]
    public void What_is_wrong_is_said()
    {
        byte[] file = Make(10);
        file[8] = 9;
        Assert.Contains("version 9", Assert.Throws<LightVMException>(() => Verify(file, 4096)).Message, StringComparison.Ordinal);
        Assert.Contains("cut off", Assert.Throws<LightVMException>(() => Verify(Make(5000)[..8000], 4096)).Message, StringComparison.Ordinal);
        file = Make(10);
        file[4100] ^= 1;
        Assert.Contains("altered", Assert.Throws<LightVMException>(() => Verify(file, 4096)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_copy_is_verified_on_its_way()
    {
        byte[] file = Make(300_000);
        using var copy = new MemoryStream();
        await CheckpointCopy.RunAsync(new MemoryStream(file), copy, "a", null, CancellationToken.None);
        Assert.Equal(file, copy.ToArray());
        file[200_000] ^= 4;
        await Assert.ThrowsAsync<LightVMException>(() => CheckpointCopy.RunAsync(new MemoryStream(file), null, "a", null, CancellationToken.None));
    }
}
