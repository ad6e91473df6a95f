namespace LightVM.Daemon.Store;

/// <summary>Receives one record of a journal; the span is valid during the call only.</summary>
internal delegate void RecordVisitor(ReadOnlySpan<byte> payload);
