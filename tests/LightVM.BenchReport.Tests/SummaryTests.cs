namespace LightVM.BenchReport.Tests;

public class SummaryTests
{
    [Fact]
    public void The_median_of_an_even_number_lies_between_the_middle_two() => Assert.Equal(2.5, Summary.Of([4, 1, 3, 2]).Median);

    [Fact]
    public void Percentiles_are_samples()
    {
        Summary summary = Summary.Of([.. Enumerable.Range(1, 200).Select(i => (double)i).Reverse()]);
        Assert.Equal(new Summary(200, 100.5, 50, 150, 198, 1, 200), summary);
    }

    [Fact]
    public void One_sample_is_all_of_them() => Assert.Equal(new Summary(1, 7, 7, 7, 7, 7, 7), Summary.Of([7]));

    [Fact]
    public void Nothing_has_no_median() => Assert.Throws<ArgumentException>(() => Summary.Of([]));
}
