using System.Runtime.CompilerServices;

// All that crosses is blittable; the runtime need not look.
[assembly: DisableRuntimeMarshalling]
