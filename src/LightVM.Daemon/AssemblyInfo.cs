using System.Runtime.Versioning;

// Xen's control domain is Linux for us.
[assembly: SupportedOSPlatform("linux")]
