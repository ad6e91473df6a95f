namespace LightVM.Tinyx;

/// <summary>The type bits of a file's mode.</summary>
internal enum FileKind
{
    Pipe = 0x1000,
    CharacterDevice = 0x2000,
    Directory = 0x4000,
    BlockDevice = 0x6000,
    File = 0x8000,
    Link = 0xA000,
    Socket = 0xC000,
}
