namespace LightVM.Client;

/// <summary>How an interrupted move goes on: a function of what the two hosts have of the guest, and nothing else. Pure.</summary>
internal static class MovePlan
{
    /// <param name="source">The guest at the source, or null.</param>
    /// <param name="destination">The guest of the same id (or name, where the source has none) at the destination, or null.</param>
    public static MoveStep Next(Guest? source, Guest? destination)
    {
        Move? there = destination?.Move is { Role: MoveRole.Destination } incoming ? incoming : null;
        if (source is null)
        {
            return there?.Phase switch
            {
                MovePhase.Starting or MovePhase.Started => MoveStep.Settle,
                MovePhase.Received => MoveStep.Undecided,
                _ => MoveStep.NotFound,
            };
        }

        if (source.State == GuestState.InDoubt)
        {
            return destination is null ? MoveStep.TakeBackThenMove
                : there is null || there.Id != source.Move?.Id ? MoveStep.Undecided
                : there.Phase is MovePhase.Starting or MovePhase.Started ? MoveStep.Complete
                : there.Phase == MovePhase.Received ? MoveStep.Start
                : MoveStep.Undecided;
        }

        return there?.Phase == MovePhase.Received && source.Move is null ? MoveStep.DropThenMove : MoveStep.Move;
    }
}
