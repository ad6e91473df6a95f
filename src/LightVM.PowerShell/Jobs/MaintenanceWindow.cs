using System.Globalization;

namespace LightVM.PowerShell;

/// <summary>
/// When a job may change something: <c>[DAYS] HH:MM-HH:MM</c>, several separated by <c>;</c>. Days are <c>Mon-Fri</c> or <c>Sat,Sun</c>, all without
/// them. A window that goes past midnight belongs to the day on which it begins. Local time.
/// </summary>
internal sealed class MaintenanceWindow
{
    private const int MinutesOfDay = 24 * 60;
    private static readonly string[] Days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

    private readonly List<(bool[] Days, int From, int To)> spans;

    private MaintenanceWindow(List<(bool[] Days, int From, int To)> spans) => this.spans = spans;

    /// <exception cref="LightVMException">InvalidArgument.</exception>
    public static MaintenanceWindow Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var spans = new List<(bool[], int, int)>();
        foreach (string part in text.Split(';', StringSplitOptions.TrimEntries))
        {
            string[] words = part.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length is < 1 or > 2 || text.Any(char.IsControl) || Span(words[^1]) is not var (from, to) || (words.Length == 2 ? DaysOf(words[0]) : Enumerable.Repeat(true, Days.Length).ToArray()) is not { } days)
            {
                throw new LightVMException(
                    ErrorCodes.InvalidArgument, $"'{text}' is no maintenance window.", text,
                    "Write it like '22:00-04:00', 'Mon-Fri 22:00-04:00' or 'Sat,Sun 00:00-24:00', several with ; between them.");
            }

            spans.Add((days, from, to));
        }

        return new MaintenanceWindow(spans);
    }

    public bool Contains(DateTime local)
    {
        int minute = (local.Hour * 60) + local.Minute;
        int today = (int)local.DayOfWeek, yesterday = (today + 6) % 7;
        return spans.Exists(span => span.From < span.To
            ? span.Days[today] && minute >= span.From && minute < span.To
            : (span.Days[today] && minute >= span.From) || (span.Days[yesterday] && minute < span.To));
    }

    private static (int From, int To)? Span(string text) =>
        text.Split('-') is [var from, var to] && Minute(from) is { } begin && begin < MinutesOfDay && Minute(to) is { } end && end != begin ? (begin, end) : null;

    private static int? Minute(string text) =>
        text == "24:00" ? MinutesOfDay
        : text.Length == 5 && TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out TimeOnly time) ? (time.Hour * 60) + time.Minute
        : null;

    private static bool[]? DaysOf(string text)
    {
        bool[] days = new bool[Days.Length];
        foreach (string part in text.Split(','))
        {
            string[] ends = part.Split('-');
            int first = Day(ends[0]), last = Day(ends[^1]);
            if (ends.Length > 2 || first < 0 || last < 0)
            {
                return null;
            }

            for (int day = first; ; day = (day + 1) % Days.Length)
            {
                days[day] = true;
                if (day == last)
                {
                    break;
                }
            }
        }

        return days;
    }

    private static int Day(string text) => Array.FindIndex(Days, day => day.Equals(text, StringComparison.OrdinalIgnoreCase));
}
