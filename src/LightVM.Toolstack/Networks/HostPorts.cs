using System.Net;
using System.Net.Sockets;

namespace LightVM.Toolstack;

/// <summary>Who uses the ports of the host.</summary>
internal static class HostPorts
{
    /// <summary>Whether a socket of the host has a port that is to be published, by trying to have it; null: nobody.</summary>
    /// <exception cref="LightVMException">InvalidArgument: the address is not the host's.</exception>
    public static string? User(PortRule rule)
    {
        bool ipv4 = rule.Target.AddressFamily == AddressFamily.InterNetwork;
        IPAddress address = rule.HostAddress ?? (ipv4 ? IPAddress.Any : IPAddress.IPv6Any);
        try
        {
            using var socket = new Socket(address.AddressFamily, rule.Udp ? SocketType.Dgram : SocketType.Stream, rule.Udp ? ProtocolType.Udp : ProtocolType.Tcp);
            if (!ipv4)
            {
                socket.DualMode = false;
            }

            socket.Bind(new IPEndPoint(address, rule.HostPort));
            return null;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return "a program of the host listens there (`ss -lntup` names it)";
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressNotAvailable)
        {
            throw Problems.InvalidArgument(
                $"{PortTable.Describe(rule)} cannot be published: the host has no address {rule.HostAddress}.", rule.HostAddress?.ToString(), "Name an address of the host, or leave it out for all of them.");
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressFamilyNotSupported)
        {
            return null; // a host without IPv6: nobody can use it
        }
        catch (SocketException e)
        {
            throw Problems.InvalidArgument(
                $"{PortTable.Describe(rule)} cannot be published: {e.Message}.", rule.HostAddress?.ToString(), "Name an address of the host, or leave it out for all of them.");
        }
    }
}
