using System.Reflection;
using Xunit;

namespace Gateway.EndToEnd.Attacks;

/// <summary>Where each of the 125 numbered attacks is shown, so that none is forgotten.</summary>
public sealed class AttackCoverageTests
{
    /// <summary>Shown by tests that are about more than the attack.</summary>
    private static readonly Dictionary<int, string> Elsewhere = new()
    {
        // Unsigned tokens, confused algorithms, keys that nobody has, times and audiences that are wrong.
        [91] = $"{nameof(BadInputTests)}.{nameof(BadInputTests.Refuses_a_request)}",
        [92] = $"{nameof(BadInputTests)}.{nameof(BadInputTests.Refuses_a_request)}",
        [94] = $"{nameof(BadInputTests)}.{nameof(BadInputTests.Refuses_a_request)}",
        [97] = $"{nameof(BadInputTests)}.{nameof(BadInputTests.Refuses_a_request)}",
        [107] = $"{nameof(PolicyReloadTests)}.{nameof(PolicyReloadTests.Takes_an_edited_file_refuses_a_broken_one_and_takes_the_repaired_one)}",
        [108] = $"{nameof(SharedLimitTests)}.{nameof(SharedLimitTests.Admit_of_a_thousand_calls_at_once_what_one_limit_allows_by_one_Redis)}",
        [111] = $"{nameof(SharedLimitTests)}.{nameof(SharedLimitTests.Keep_each_limits_word_while_Redis_is)}",
        [115] = $"{nameof(SharedLimitTests)}.{nameof(SharedLimitTests.Free_the_places_of_a_gateway_that_was_killed)}",
        [118] = $"{nameof(RecoveryTests)}.{nameof(RecoveryTests.Closes_the_open_intent_as_unknown_and_loses_nothing_that_was_acknowledged)}",
        [119] = $"{nameof(AuditRecordTests)}.{nameof(AuditRecordTests.Names_the_record_that_was_tampered_with)}",
    };

    /// <summary>
    /// Not on the path of a request alone: keys and tokens over time (95, 96, 98 to 103), buckets by themselves (109, 110, 112, 114,
    /// 116: `BucketStoreContract`, `RedisBucketsTests`, `SharedBucketsTests`), and the record's stores, proofs and readers (117, 120, 122 to 124).
    /// </summary>
    private static readonly int[] OfOtherPeers = [95, 96, 98, 99, 100, 101, 102, 103, 109, 110, 112, 114, 116, 117, 120, 122, 123, 124];

    [Fact]
    public void Every_number_is_shown_or_belongs_to_another_peer()
    {
        var named = AttackTests.Names.Select(row => row.Data).Concat(AttackTests.BelowHttpNames.Select(row => row.Data))
            .Concat(typeof(PhasedAttackTests).GetMethods().Concat(typeof(Http2AttackTests).GetMethods()).Select(method => method.GetCustomAttribute<FactAttribute>()?.DisplayName).OfType<string>())
            .Select(name => int.Parse(name[..3]));

        Assert.Equal(Enumerable.Range(1, 125), named.Concat(Elsewhere.Keys).Concat(OfOtherPeers).Distinct().Order());
        Assert.Empty(named.Concat(Elsewhere.Keys).Intersect(OfOtherPeers));
    }
}
