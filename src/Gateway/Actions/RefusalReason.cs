namespace Gateway.Actions;

/// <summary>Why a request was not read as an action, in the words the audit record uses.</summary>
internal static class RefusalReason
{
    public const string BodyBom = "body_bom";
    public const string BodyEmpty = "body_empty";
    public const string BodyNotUtf8 = "body_not_utf8";
    public const string BodyNotJson = "body_not_json";
    public const string BodyNotObject = "body_not_object";
    public const string BodyNotAllowed = "body_not_allowed";
    public const string BodyDuplicateKey = "body_duplicate_key";
    public const string BodyTwoKeys = "body_two_keys";
    public const string BodyNoKey = "body_no_key";
    public const string BodyTooDeep = "body_too_deep";
    public const string BodyTooManyKeys = "body_too_many_keys";
    public const string BodyLoneSurrogate = "body_lone_surrogate";
    public const string BodyNumber = "body_number";
    public const string ActionName = "action_name";
    public const string UnknownAction = "unknown_action";
    public const string ActionNotInVersion = "action_not_in_version";
    public const string OperationNotInVersion = "operation_not_in_version";
    public const string Schema = "schema";
    public const string QueryDuplicate = "query_duplicate";
}
