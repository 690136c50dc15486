using System.Collections;
using System.Globalization;
using System.Text.Json;

namespace Gateway.Casbin;

/// <summary>
/// What the operators mean for values whose type is known only at the decision. Text is compared ordinally. Text beside a number is read as
/// a number, since a policy file knows only text. A missing value equals nothing, not even another missing value, and is neither
/// less nor greater than anything.
/// </summary>
internal static class Operators
{
    /// <summary>JSON scalars become the values they stand for; everything else is used as it is.</summary>
    public static object? Normalize(object? value) => value is JsonElement element ? Normalize(element) : value;

    public static object? Normalize(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Number => element.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Null or JsonValueKind.Undefined => null,
        _ => element,
    };

    public static bool Equal(object? left, object? right)
    {
        if (right is string text)
            return EqualText(left, text);
        if (left is string other)
            return EqualText(right, other);
        if (left is null || right is null)
            return false;
        if (left is bool a)
            return right is bool b && a == b;
        return TryNumber(left, out var x) && TryNumber(right, out var y) ? x == y : left.Equals(right);
    }

    public static bool EqualText(object? left, string right)
    {
        if (left is string text)
            return text == right;
        return left is not null and not bool && TryNumber(left, out var number) && TryParse(right, out var other) && number == other;
    }

    public static bool EqualNumber(object? left, double right) => TryNumberOrText(left, out var number) && number == right;

    public static bool EqualBool(object? left, bool right) => left is bool value && value == right;

    /// <summary>`!=` is the opposite of `==`, but two missing values are neither equal nor different.</summary>
    public static bool NotEqual(object? left, object? right) => (left is not null || right is not null) && !Equal(left, right);

    public static bool Ordered(object? left, object? right, BinaryOperator comparison)
    {
        if (left is string a && right is string b)
        {
            var order = string.CompareOrdinal(a, b);
            return comparison switch
            {
                BinaryOperator.Less => order < 0,
                BinaryOperator.LessOrEqual => order <= 0,
                BinaryOperator.Greater => order > 0,
                _ => order >= 0,
            };
        }

        return TryNumberOrText(right, out var number) && OrderedNumber(left, number, comparison);
    }

    public static bool OrderedNumber(object? left, double right, BinaryOperator comparison)
    {
        if (!TryNumberOrText(left, out var number))
            return false;
        return comparison switch
        {
            BinaryOperator.Less => number < right,
            BinaryOperator.LessOrEqual => number <= right,
            BinaryOperator.Greater => number > right,
            _ => number >= right,
        };
    }

    public static bool IsTrue(object? value) => value switch
    {
        bool flag => flag,
        null => false,
        string text => text.Length > 0,
        _ => TryNumber(value, out var number)
            ? number != 0 && !double.IsNaN(number)
            : throw new CasbinException($"a value of type {value.GetType().Name} stands where true or false is needed; compare it with something"),
    };

    /// <summary>Not a number when the value is none: every comparison with it is false.</summary>
    public static double ToNumber(object? value) => TryNumberOrText(value, out var number) ? number : double.NaN;

    /// <summary>The text given to built-in functions and role lookups.</summary>
    public static string ToText(object? value) => value switch
    {
        string text => text,
        null => "",
        bool flag => flag ? "true" : "false",
        _ => TryNumber(value, out var number)
            ? number.ToString(CultureInfo.InvariantCulture)
            : throw new CasbinException($"a value of type {value.GetType().Name} stands where text is needed; pass one of its attributes"),
    };

    public static object? Add(object? left, object? right) =>
        left is string || right is string ? ToText(left) + ToText(right) : ToNumber(left) + ToNumber(right);

    /// <summary>Membership in a collection, or among a dictionary's keys; a single value is a list of one.</summary>
    public static bool In(object? item, object? collection)
    {
        switch (collection)
        {
            case null:
                return false;
            case string text:
                return item is string other && other == text;
            case IReadOnlySet<string> set:
                return item is string member && set.Contains(member);
            case IReadOnlyList<string> list:
                return item is string sought && Contains(list, sought);
            case IDictionary dictionary:
                return item is not null && dictionary.Contains(item);
            case IEnumerable values:
                return Contains(values, item);
            case JsonElement { ValueKind: JsonValueKind.Array } array:
                return Contains(array, item);
            case JsonElement { ValueKind: JsonValueKind.Object } members:
                return item is string name && members.TryGetProperty(name, out _);
            default:
                return SameValue(item, collection);
        }
    }

    /// <summary>As `==`, but of one kind: text is not read as a number.</summary>
    public static bool SameValue(object? left, object? right)
    {
        if (left is string a)
            return right is string b && a == b;
        return right is not string && Equal(left, right);
    }

    private static bool Contains(IReadOnlyList<string> list, string sought)
    {
        for (var i = 0; i < list.Count; i++)
        {
            if (list[i] == sought)
                return true;
        }

        return false;
    }

    private static bool Contains(IEnumerable values, object? item)
    {
        foreach (var value in values)
        {
            if (SameValue(item, Normalize(value)))
                return true;
        }

        return false;
    }

    private static bool Contains(JsonElement array, object? item)
    {
        foreach (var element in array.EnumerateArray())
        {
            if (SameValue(item, Normalize(element)))
                return true;
        }

        return false;
    }

    private static bool TryNumberOrText(object? value, out double number) =>
        value is string text ? TryParse(text, out number) : TryNumber(value, out number);

    private static bool TryParse(string text, out double number) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number);

    private static bool TryNumber(object? value, out double number)
    {
        switch (value)
        {
            case double d:
                number = d;
                return true;
            case int i:
                number = i;
                return true;
            case long l:
                number = l;
                return true;
            case decimal m:
                number = (double)m;
                return true;
            case float f:
                number = f;
                return true;
            case uint or ulong or short or ushort or byte or sbyte:
                number = Convert.ToDouble(value, CultureInfo.InvariantCulture);
                return true;
            default:
                number = 0;
                return false;
        }
    }
}
