using System.Net;
using System.Text;
using Gateway.Auditing;
using Gateway.Policies;
using Gateway.Policy;
using Xunit;

namespace Gateway.Tests.Auditing;

/// <summary>How a rule was read is remembered for a caller; what is recorded is all the same what holds of each call.</summary>
public sealed class DecisionJsonTests
{
    private const string Backup = "os_compute_api:os-create-backup";

    private readonly Credentials _caller = new(new Dictionary<string, object?> { ["user_id"] = "u", ["project_id"] = "p1", ["roles"] = new object?[] { "member" } });

    [Fact]
    public void Remembers_how_a_rule_was_read_for_an_equal_target()
    {
        var rules = PolicySet.Load(new PolicyOptions()).Set!;

        var (first, second) = (TreeOf(rules, Backup, "p1"), TreeOf(rules, Backup, "p1"));

        Assert.Equal(first, second);
        Assert.Contains("\"target\":\"p1\"", first, StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_it_anew_for_another_target()
    {
        var rules = PolicySet.Load(new PolicyOptions()).Set!;

        Assert.Contains("\"target\":\"p1\"", TreeOf(rules, Backup, "p1"), StringComparison.Ordinal);
        Assert.Contains("\"target\":\"p2\"", TreeOf(rules, Backup, "p2"), StringComparison.Ordinal);
        Assert.Contains("\"result\":\"undetermined\"", TreeOf(rules, Backup, project: null), StringComparison.Ordinal);
        Assert.Contains("\"target\":\"p1\"", TreeOf(rules, Backup, "p1"), StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_another_rule_and_another_revision_anew()
    {
        var seed = PolicySet.Load(new PolicyOptions()).Set!;
        var later = PolicySet.Load(new PolicyOptions { Defaults = "2025.2" }).Set!;

        var trees = new[] { TreeOf(seed, Backup, "p1"), TreeOf(seed, "os_compute_api:os-migrate-server:migrate", "p1"), TreeOf(later, Backup, "p1") };

        Assert.Equal(3, trees.Distinct().Count());
        Assert.Equal(trees[0], TreeOf(seed, Backup, "p1"));
    }

    [Fact]
    public async Task Asks_another_service_again()
    {
        using var service = new HttpListener();
        var text = Encoding.UTF8.GetBytes($$"""{"{{Backup}}": "{{Listen(service)}}"}""");
        var answering = AnswerAsync(service, "True", "True", "False", "False");
        var rules = PolicySet.Load(new PolicyOptions { Texts = [new RuleSource("policy.json", text)], RemoteCheckLifetime = TimeSpan.Zero }).Set!;

        // Each decision asks the service, and so does the tree of it.
        Assert.Contains("\"result\":\"holds\"", TreeOf(rules, Backup, "p1"), StringComparison.Ordinal);
        Assert.Contains("\"result\":\"fails\"", TreeOf(rules, Backup, "p1"), StringComparison.Ordinal);
        await answering;
    }

    private string TreeOf(PolicySet rules, string rule, string? project)
    {
        var question = new PolicyQuestion(rules, _caller)
        {
            Target = project is null ? null : new TargetAttributes(new Dictionary<string, object?> { ["project_id"] = project }),
        };
        question.Ask(rule);
        return DecisionJson.Of(question).Tree.ToString()!;
    }

    private static string Listen(HttpListener service)
    {
        // A port that is free now may be another's a moment later.
        for (var attempt = 0; ; attempt++)
        {
            var address = $"http://127.0.0.1:{Random.Shared.Next(20_000, 60_000)}/";
            service.Prefixes.Add(address);
            try
            {
                service.Start();
                return address;
            }
            catch (HttpListenerException) when (attempt < 20)
            {
                service.Prefixes.Clear();
            }
        }
    }

    private static async Task AnswerAsync(HttpListener service, params string[] answers)
    {
        foreach (var answer in answers)
        {
            var context = await service.GetContextAsync();
            await context.Response.OutputStream.WriteAsync(Encoding.ASCII.GetBytes(answer), TestContext.Current.CancellationToken);
            context.Response.Close();
        }
    }
}
