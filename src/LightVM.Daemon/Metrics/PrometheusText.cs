using System.Globalization;
using System.Text;

namespace LightVM.Daemon.Metrics;

/// <summary>Writes Prometheus' text format, version 0.0.4: each metric with its help and type, then all of its samples.</summary>
internal sealed class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new();
    private string _metric = "";

    public byte[] ToBytes() => Encoding.UTF8.GetBytes(_text.ToString());

    /// <summary>Begins a metric that only grows, until whoever counts begins anew. Its name ends in <c>_total</c>.</summary>
    public void Counter(string name, string help) => Begin(name, "counter", help);

    public void Gauge(string name, string help) => Begin(name, "gauge", help);

    /// <summary>A metric of one sample.</summary>
    public void Gauge(string name, string help, double value)
    {
        Gauge(name, help);
        Sample(value);
    }

    /// <summary>A sample of the metric begun last. Labels that are null are left out.</summary>
    public void Sample(double value, params ReadOnlySpan<(string Name, string? Value)> labels) => Write("", value, labels);

    public void Histogram(string name, string help, params IReadOnlyList<(string Label, string Value, Toolstack.Histogram Histogram)> members)
    {
        Begin(name, "histogram", help);
        foreach ((string label, string value, Toolstack.Histogram histogram) in members)
        {
            (IReadOnlyList<long> atMost, long count, TimeSpan sum) = histogram.Read();
            for (int i = 0; i < atMost.Count; i++)
            {
                Write("_bucket", atMost[i], (label, value), ("le", Number(Toolstack.Histogram.Bounds[i])));
            }

            Write("_bucket", count, (label, value), ("le", "+Inf"));
            Write("_sum", sum.TotalSeconds, (label, value));
            Write("_count", count, (label, value));
        }
    }

    private void Begin(string name, string type, string help)
    {
        _metric = name;
        _text.Append("# HELP ").Append(name).Append(' ').Append(help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)).Append('\n');
        _text.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
    }

    private void Write(string suffix, double value, params ReadOnlySpan<(string Name, string? Value)> labels)
    {
        _text.Append(_metric).Append(suffix);
        char separator = '{';
        foreach ((string name, string? text) in labels)
        {
            if (text is not null)
            {
                _text.Append(separator).Append(name).Append("=\"");
                Escape(text);
                _text.Append('"');
                separator = ',';
            }
        }

        if (separator == ',')
        {
            _text.Append('}');
        }

        _text.Append(' ').Append(Number(value)).Append('\n');
    }

    private void Escape(string text)
    {
        foreach (char c in text)
        {
            _ = c switch
            {
                '\\' => _text.Append("\\\\"),
                '"' => _text.Append("\\\""),
                '\n' => _text.Append("\\n"),
                _ => _text.Append(c),
            };
        }
    }

    private static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf" : value.ToString("R", CultureInfo.InvariantCulture);
}
