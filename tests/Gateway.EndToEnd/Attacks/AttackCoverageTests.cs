using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;

namespace Gateway.EndToEnd.Attacks;

/// <summary>Where each of the 125 numbered attacks is shown, so that none is forgotten.</summary>
public sealed class AttackCoverageTests
{
    /// <summary>Shown by tests that are about more than the attack.</summary>
    private static readonly Dictionary<int, ShowingTest[]> Elsewhere = new()
    {
        // Unsigned tokens, confused algorithms, keys that nobody has, times and audiences that are wrong.
        [91] = [Here<BadInputTests>(nameof(BadInputTests.Refuses_a_request)), Here<ForgedTokenTests>(nameof(ForgedTokenTests.Is_refused))],
        [92] = [Here<BadInputTests>(nameof(BadInputTests.Refuses_a_request)), Here<ForgedTokenTests>(nameof(ForgedTokenTests.Is_refused))],
        [94] = [Here<BadInputTests>(nameof(BadInputTests.Refuses_a_request)), Here<ForgedTokenTests>(nameof(ForgedTokenTests.A_key_id_of_100_kB_does_not_pass_the_web_server))],
        [97] = [Here<BadInputTests>(nameof(BadInputTests.Refuses_a_request)), Here<ForgedTokenTests>(nameof(ForgedTokenTests.Is_refused))],
        // Keys and tokens over time.
        [95] =
        [
            Here<OidcTests>(nameof(OidcTests.A_flood_of_unknown_key_ids_has_the_keys_read_at_most_every_thirty_seconds_and_a_new_key_is_taken_then_at_once)),
            Here<OidcTests>(nameof(OidcTests.Loses_no_key_to_a_bad_answer)),
        ],
        [96] =
        [
            Here<OidcTests>(nameof(OidcTests.Takes_a_new_key_and_lets_go_of_a_withdrawn_one_at_the_refresh_though_tokens_were_remembered)),
            Beside("Gateway.Tests/Identity/IssuerKeysTests.cs", "Takes_a_new_key_at_once"),
        ],
        [98] = [Here<ForgedTokenTests>(nameof(ForgedTokenTests.Is_refused))],
        [99] =
        [
            Here<KeystoneTests>(nameof(KeystoneTests.Refuses_a_revoked_token_once_the_staleness_is_over)),
            Here<KeystoneTests>(nameof(KeystoneTests.A_role_that_was_taken_away_no_longer_counts_once_the_staleness_is_over)),
            Here<KeystoneTests>(nameof(KeystoneTests.Says_in_the_record_how_old_Keystones_word_was_and_which_service_called)),
        ],
        [100] =
        [
            Here<KeystoneTests>(nameof(KeystoneTests.Holds_an_application_credential_to_its_access_rules)),
            Here<KeystoneServiceTests>(nameof(KeystoneServiceTests.A_service_goes_on_with_a_users_token_that_has_expired_meanwhile)),
            Beside("Gateway.Tests/Identity/AuthenticatorWithKeystoneTests.cs", "Takes_no_token_of_Keystones_as_a_bearers_known_or_not"),
        ],
        [101] = [Here<KeystoneTests>(nameof(KeystoneTests.A_service_calls_for_a_user_with_a_token_of_its_own))],
        [102] =
        [
            Here<KeystoneOutageTests>(nameof(KeystoneOutageTests.Answers_503_while_Keystone_answers_errors)),
            Here<KeystoneOutageTests>(nameof(KeystoneOutageTests.Answers_503_within_its_time_while_Keystone_hangs_and_believes_no_token_beyond_its_staleness)),
        ],
        [103] =
        [
            Here<KeystoneTests>(nameof(KeystoneTests.Refuses_a_token_that_Keystone_does_not_know_and_remembers_it)),
            Here<KeystoneTests>(nameof(KeystoneTests.Asks_Keystone_about_no_more_guesses_of_one_peer_than_the_limit_allows)),
            Beside("Gateway.Tests/Identity/AttemptLimitTests.cs", "Forgets_no_peer_that_is_limited_however_many_others_come"),
        ],
        [107] = [Here<PolicyReloadTests>(nameof(PolicyReloadTests.Takes_an_edited_file_refuses_a_broken_one_and_takes_the_repaired_one))],
        // Limits, and what they are counted in.
        [108] = [Here<SharedLimitTests>(nameof(SharedLimitTests.Admit_of_a_thousand_calls_at_once_what_one_limit_allows_by_one_Redis))],
        [109] = [Beside("Gateway.Tests/Limits/BucketStoreContract.cs", "Burns_nothing_in_other_limits_when_one_refuses")],
        [110] =
        [
            Beside("Gateway.Tests/Limits/BucketStoreContract.cs", "Promises_nothing_to_a_call_that_costs_more_than_the_burst"),
            Beside("Gateway.Tests/Limits/LimitFileTests.cs", "Names_line_value_and_remedy_of_what_goes_beyond_a_rate"),
        ],
        [111] = [Here<SharedLimitTests>(nameof(SharedLimitTests.Keep_each_limits_word_while_Redis_is))],
        [112] =
        [
            Beside("Gateway.Tests/Limits/LimiterTests.cs", "Stepping_the_wall_clock_has_no_effect"),
            Beside("Gateway.Tests/Limits/RedisBucketsTests.cs", "Locks_nobody_out_for_longer_than_the_burst_when_its_clock_is_stepped_back"),
        ],
        [114] =
        [
            Beside("Gateway.Tests/Limits/LimiterTests.cs", "A_full_table_refuses_newcomers_and_nobody_else"),
            Beside("Gateway.Tests/Limits/RedisBucketsTests.cs", "Gives_every_key_a_time_to_live_that_ends_when_it_is_worth_nothing"),
        ],
        [115] = [Here<SharedLimitTests>(nameof(SharedLimitTests.Free_the_places_of_a_gateway_that_was_killed))],
        [116] = [Beside("Gateway.Tests/Limits/SharedBucketsTests.cs", "Remembers_a_refusal_until_its_time_so_that_a_flood_does_not_reach_Redis")],
        // The record's stores, proofs and readers.
        [117] =
        [
            Beside("Gateway.Tests/Auditing/AuditorTests.cs", "A_strict_action_is_refused_while_the_store_is_gone"),
            Beside("Gateway.Audit.Tests/DiskTests.cs", "A_full_disk_fails_appends_and_the_log_goes_on_when_there_is_space_again"),
            Beside("Gateway.Audit.Tests/FaultTests.cs", "A_store_moved_away_fails_appends_and_serves_again_when_it_is_back"),
            Beside("Gateway.Audit.Tests/FaultTests.cs", "A_store_that_hangs_fails_appends_at_their_deadline_and_never_stores_them"),
        ],
        [118] = [Here<RecoveryTests>(nameof(RecoveryTests.Closes_the_open_intent_as_unknown_and_loses_nothing_that_was_acknowledged))],
        [119] = [Here<AuditRecordTests>(nameof(AuditRecordTests.Names_the_record_that_was_tampered_with))],
        [120] = [Beside("Gateway.Audit.Tests/Checkpoints/CheckpointerTests.cs", "A_log_computed_anew_without_the_key_is_found_and_placed_between_two_checkpoints")],
        [122] = [Beside("Gateway.Tests/Auditing/AuditEventFactoryTests.cs", "Digests_no_body_from_which_a_secret_was_removed")],
        [123] =
        [
            Here<AuditSearchTests>(nameof(AuditSearchTests.A_reviewer_sees_his_project_and_an_administrator_everything)),
            Here<AuditSearchTests>(nameof(AuditSearchTests.Says_what_is_wrong)),
            Beside("Gateway.Audit.Tests/Searching/AuditIndexTests.cs", "Refuses_cursors_limits_and_words_that_are_none"),
        ],
        [124] = [Beside("Gateway.Cli.Tests/AuditCommandsTests.cs", "Csv_holds_no_formula")],
    };

    [Fact]
    public void Every_number_is_shown()
    {
        var named = AttackTests.Names.Select(row => row.Data).Concat(AttackTests.BelowHttpNames.Select(row => row.Data))
            .Concat(typeof(PhasedAttackTests).GetMethods().Concat(typeof(Http2AttackTests).GetMethods()).Select(method => method.GetCustomAttribute<FactAttribute>()?.DisplayName).OfType<string>())
            .Select(name => int.Parse(name[..3]));

        Assert.Equal(Enumerable.Range(1, 125), named.Concat(Elsewhere.Keys).Distinct().Order());
    }

    [Fact]
    public void Every_test_that_shows_one_is_there() =>
        Assert.Empty(Elsewhere.Values.SelectMany(tests => tests).Where(test => !test.IsThere).Select(test => test.Name));

    /// <summary>A test of this project.</summary>
    private static ShowingTest Here<T>(string method) =>
        new($"{typeof(T).Name}.{method}", typeof(T).GetMethod(method)?.GetCustomAttribute<FactAttribute>() is not null);

    /// <summary>A test of another project, which cannot be referred to from here: its source is looked at.</summary>
    private static ShowingTest Beside(string file, string method)
    {
        var source = Path.Combine(Repository.Root, "tests", file);
        return new ShowingTest($"{file}: {method}", File.Exists(source) && Regex.IsMatch(File.ReadAllText(source), $@"\[(Fact|Theory)((?!\bpublic\b)[\s\S])*\bpublic (async Task|Task|void) {method}\("));
    }

    private sealed record ShowingTest(string Name, bool IsThere);
}
