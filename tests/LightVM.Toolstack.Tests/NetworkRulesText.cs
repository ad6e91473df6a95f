using System.Net;
using LightVM.Native;
using LightVM.Toolstack;

namespace LightVM.Toolstack.Tests;

/// <summary>The nftables table and its elements, as text and as bytes.</summary>
public sealed class NetworkRulesText
{
    private static readonly PortRule Any4 = new(false, null, 8080, IPAddress.Parse("10.118.0.5"), 80);
    private static readonly PortRule At4 = new(true, IPAddress.Parse("127.0.0.1"), 53, IPAddress.Parse("10.118.0.5"), 5353);
    private static readonly PortRule Any6 = new(false, null, 8080, IPAddress.Parse("fd00::5"), 80);

    [Fact]
    public void Replaces_our_table_and_no_other()
    {
        string text = NftRules.Text([Network("a", true), Network("b", false)], [Any4, At4, Any6]);
        Assert.StartsWith("table inet lightvm\ndelete table inet lightvm\ntable inet lightvm {\n", text, StringComparison.Ordinal);
        Assert.Equal(3, text.Split("table inet").Length - 1);
        Assert.DoesNotContain("flush", text, StringComparison.Ordinal);
        Assert.Contains("set own {\n\t\ttype ifname\n\t\telements = { \"lvm-a\", \"lvm-b\" }\n", text, StringComparison.Ordinal);
        Assert.Contains("set nat {\n\t\ttype ifname\n\t\telements = { \"lvm-a\" }\n", text, StringComparison.Ordinal);
        Assert.Contains("map ports4 {\n\t\ttype inet_proto . inet_service : ipv4_addr . inet_service\n\t\telements = { tcp . 8080 : 10.118.0.5 . 80 }\n", text, StringComparison.Ordinal);
        Assert.Contains("map at4 {\n\t\ttype ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service\n\t\telements = { 127.0.0.1 . udp . 53 : 10.118.0.5 . 5353 }\n", text, StringComparison.Ordinal);
        Assert.Contains("elements = { tcp . 8080 : fd00::5 . 80 }", text, StringComparison.Ordinal);
        Assert.Contains("map at6 {\n\t\ttype ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service\n\t}", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Shared_ports_are_drawn_from_slots()
    {
        string text = NftRules.Text([], [Any4 with { Group = "g", Slot = 7 }, At4 with { Group = "g", Slot = 127 }]);
        Assert.Contains("map spread4 {\n\t\ttypeof meta l4proto . th dport . numgen random mod 128 : ip daddr . tcp dport\n\t\telements = { tcp . 8080 . 7 : 10.118.0.5 . 80 }\n", text, StringComparison.Ordinal);
        Assert.Contains("elements = { 127.0.0.1 . udp . 53 . 127 : 10.118.0.5 . 5353 }", text, StringComparison.Ordinal);
        Assert.Contains("dnat ip6 to ip6 daddr . meta l4proto . th dport . numgen random mod 128 map @spreadat6\n", text, StringComparison.Ordinal);
        Equal("spread4", "06000000 1f900000 07000000", "0a760005 00500000", Any4 with { Group = "g", Slot = 7 });
        Equal("spreadat4", "7f000001 11000000 00350000 7f000000", "0a760005 14e90000", At4 with { Group = "g", Slot = 127 });
    }

    [Fact]
    public void Elements_are_the_bytes_that_the_kernel_compares()
    {
        Equal("ports4", "06000000 1f900000", "0a760005 00500000", Any4);
        Equal("at4", "7f000001 11000000 00350000", "0a760005 14e90000", At4);
        Equal("ports6", "06000000 1f900000", "fd000000 00000000 00000000 00000005 00500000", Any6);
        NftElement own = NftRules.Interface("own", "lvm-a");
        Assert.Equal(("own", "6c766d2d610000000000000000000000", ""), (own.Set, Convert.ToHexStringLower(own.Key), Convert.ToHexStringLower(own.Data)));
    }

    private static void Equal(string set, string key, string data, PortRule rule)
    {
        NftElement element = NftRules.Port(rule);
        Assert.Equal(
            (set, key.Replace(" ", "", StringComparison.Ordinal), data.Replace(" ", "", StringComparison.Ordinal)),
            (element.Set, Convert.ToHexStringLower(element.Key), Convert.ToHexStringLower(element.Data)));
    }

    private static NetworkRecord Network(string name, bool nat) =>
        new() { Name = name, Id = Guid.NewGuid(), Interface = "lvm-" + name, Subnet = "10.118.0.0/20", Nat = nat };
}
