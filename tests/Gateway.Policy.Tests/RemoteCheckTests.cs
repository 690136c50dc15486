using System.Net;
using Gateway.Policy.Files;
using Gateway.Policy.Language;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Policy.Tests;

public sealed class RemoteCheckTests : IDisposable
{
    private readonly AnsweringService _service = new();
    private readonly FakeTimeProvider _time = new();

    public void Dispose() => _service.Dispose();

    [Theory]
    [InlineData("True", true)]
    [InlineData("\"True\"", true)]
    [InlineData("true", false)]
    [InlineData("True\n", false)]
    [InlineData("False", false)]
    [InlineData("", false)]
    public void Holds_only_for_the_exact_answer(string answer, bool expected)
    {
        _service.Answer = () => answer;
        Assert.Equal(expected, Decide("http://policy.example/%(name)s").Allowed);
        Assert.Equal("http://policy.example/n1", _service.Asked[0].Url);
    }

    [Fact]
    public void Sends_the_rule_the_target_and_the_caller_as_JSON_in_a_form()
    {
        _service.Answer = () => "True";
        Decide("rule:inner", ("inner", "https://policy.example/"));
        Assert.Equal(
            "rule=\"t\"&target={\"name\": \"n1\"}&credentials={\"roles\": [\"mémber\"], \"level\": 1.0}".Replace("é", "\\u00e9", StringComparison.Ordinal),
            WebUtility.UrlDecode(_service.Asked[0].Form));
    }

    [Fact]
    public void Denies_on_every_fault_and_does_not_keep_it()
    {
        _service.Answer = () => throw new HttpRequestException("refused");
        var policy = Policy("http://policy.example/");
        Assert.Equal("check_error:RemoteFault", Ask(policy).Reason);
        _service.Answer = () => throw new TaskCanceledException("too late");
        Assert.Equal("check_error:RemoteFault", Ask(policy).Reason);
        _service.Answer = () => new string('x', 100_000);
        Assert.Equal("check_error:RemoteFault", Ask(policy).Reason);
        _service.Answer = () => "True";
        Assert.True(Ask(policy).Allowed);
    }

    [Fact]
    public void Keeps_an_answer_for_its_lifetime_and_for_the_same_question_only()
    {
        _service.Answer = () => "True";
        var policy = Policy("http://policy.example/%(name)s");
        Ask(policy);
        Ask(policy);
        Assert.Single(_service.Asked);
        policy.Decide("t", Caller, Some.TargetWith(("name", "n2")));
        Assert.Equal(2, _service.Asked.Count);
        _time.Advance(TimeSpan.FromSeconds(11));
        _service.Answer = () => "False";
        Assert.False(Ask(policy).Allowed);
    }

    [Fact]
    public void Takes_a_missing_target_attribute_for_an_error_that_a_reference_turns_into_false()
    {
        Assert.Equal("check_error:KeyError", Decide("http://policy.example/%(absent)s").Reason);
        Assert.Equal("denied", Decide("rule:inner", ("inner", "not http://policy.example/%(absent)s")).Reason);
        Assert.True(Decide("not rule:inner", ("inner", "http://policy.example/%(absent)s")).Allowed);
        Assert.Empty(_service.Asked);
    }

    [Fact]
    public void Asks_nobody_while_foreseeing()
    {
        Assert.Equal(Foresight.DependsOnTarget, Policy("http://policy.example/").Foresee("t", Caller));
        Assert.Empty(_service.Asked);
    }

    private static Credentials Caller => Some.CallerWith(("roles", new object?[] { "mémber" }), ("level", 1.0));

    private Decision Decide(string rule, params (string Name, string Rule)[] others) => Ask(Policy(rule, others));

    private static Decision Ask(PolicySet policy) => policy.Decide("t", Caller, Some.TargetWith(("name", "n1")));

    private PolicySet Policy(string rule, params (string Name, string Rule)[] others)
    {
        var options = new PolicyOptions { Defaults = "none", Semantics = Semantics.Oslo, NovaAdminFlag = false, TimeProvider = _time };
        var rules = others.Append(("t", rule)).ToDictionary(
            pair => pair.Item1, pair => new ReadRule(pair.Item1, RuleParser.Generic.ParseText(pair.Item2), default), StringComparer.Ordinal);
        return new PolicySet(RuleResolution.Resolve(rules, [], RuleParser.Generic, "none", options), options, "", remoteHandler: _service);
    }

    private sealed class AnsweringService : HttpMessageHandler
    {
        public Func<string> Answer { get; set; } = () => "";

        public List<(string Url, string Form)> Asked { get; } = [];

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            using var form = new StreamReader(request.Content!.ReadAsStream(cancellationToken));
            Asked.Add((request.RequestUri!.ToString(), form.ReadToEnd()));
            return new HttpResponseMessage { Content = new StringContent(Answer()) };
        }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(Send(request, cancellationToken));
    }
}
