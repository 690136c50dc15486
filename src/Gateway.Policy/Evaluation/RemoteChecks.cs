using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using Gateway.Policy.Python;

namespace Gateway.Policy.Evaluation;

/// <summary>
/// Asks the services that <c>http:</c> and <c>https:</c> checks name: a POST with the form fields <c>rule</c>, <c>target</c> and <c>credentials</c>, each JSON text. Only the
/// answer <c>True</c> (within quotes or not) is true; every fault, a slow answer among them, denies. Answers are kept for a while, faults are not.
/// </summary>
internal sealed class RemoteChecks(TimeSpan timeout, TimeSpan lifetime, TimeProvider time, HttpMessageHandler? handler = null)
{
    private const int MaxKept = 10_000;
    private const int MaxAnswerBytes = 4_096;

    private readonly ConcurrentDictionary<(string Url, string Form), (bool Answer, long Asked)> _kept = new();
    private readonly Lazy<HttpClient> _client = new(() => new HttpClient(handler ?? new SocketsHttpHandler { AllowAutoRedirect = false })
    {
        Timeout = timeout,
        MaxResponseContentBufferSize = MaxAnswerBytes,
    });

    public Outcome Ask(string url, CheckFrame frame)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address)) return Outcome.RemoteFault;
        var form = Form(frame);
        if (_kept.TryGetValue((url, form), out var kept) && time.GetElapsedTime(kept.Asked) < lifetime) return kept.Answer ? Outcome.True : Outcome.False;
        try
        {
            var asked = time.GetTimestamp();
            var answer = Post(address, form);
            if (_kept.Count >= MaxKept) _kept.Clear();
            _kept[(url, form)] = (answer, asked);
            return answer ? Outcome.True : Outcome.False;
        }
        catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException or IOException or NotSupportedException)
        {
            return Outcome.RemoteFault;
        }
    }

    private static string Form(CheckFrame frame)
    {
        var form = new StringBuilder();
        Field("rule", frame.Action);
        Field("target", frame.Target.Values);
        Field("credentials", frame.Credentials.Attributes);
        return form.ToString();

        void Field(string name, object value)
        {
            if (form.Length > 0) form.Append('&');
            form.Append(name).Append('=').Append(Uri.EscapeDataString(PythonJson.Dump(value)).Replace("%20", "+", StringComparison.Ordinal));
        }
    }

    private bool Post(Uri address, string form)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(Encoding.ASCII.GetBytes(form)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-www-form-urlencoded");
        // Read to the end under the client's time limit: an answer that drips counts as none.
        using var response = _client.Value.Send(request, HttpCompletionOption.ResponseContentRead);
        using var body = response.Content.ReadAsStream();
        using var reader = new StreamReader(body, Encoding.UTF8);
        return reader.ReadToEnd().Trim('"') == "True";
    }
}
