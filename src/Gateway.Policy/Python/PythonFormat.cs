using System.Globalization;
using System.Numerics;
using System.Text;

namespace Gateway.Policy.Python;

/// <summary>
/// Python's <c>template % mapping</c>, conversion by conversion as CPython's <c>unicodeobject.c</c> does it: the key is looked up before
/// the conversion is judged, <c>%s</c> without a key formats the whole mapping, and every fault has its exception.
/// </summary>
internal static class PythonFormat
{
    /// <summary>Width and precision are limited, so that a rule cannot ask for gigabytes.</summary>
    private const int MaxPadding = 65_536;

    /// <summary>Formats the template; anything but <see cref="Outcome.True"/> is the fault Python raises.</summary>
    public static Outcome Format(string template, IReadOnlyDictionary<string, object?> mapping, out string text, out bool usedNull)
    {
        var formatter = new Formatter(template, mapping);
        var outcome = formatter.Run();
        text = outcome == Outcome.True ? formatter.Output.ToString() : "";
        usedNull = formatter.UsedNull;
        return outcome;
    }

    private sealed class Formatter(string template, IReadOnlyDictionary<string, object?> mapping)
    {
        private int _at;
        private bool _left, _sign, _blank, _alternate, _zero;
        private int _width, _precision;
        private char _conversion;

        // The argument a conversion takes: the whole mapping until a key has been named; each can be taken once.
        private object? _argument = mapping;
        private bool _taken;

        public StringBuilder Output { get; } = new();

        public bool UsedNull { get; private set; }

        public Outcome Run()
        {
            while (_at < template.Length)
            {
                var next = template.IndexOf('%', _at);
                if (next < 0) next = template.Length;
                Output.Append(template, _at, next - _at);
                _at = next + 1;
                if (next == template.Length) break;
                var outcome = One();
                if (outcome != Outcome.True) return outcome;
            }
            return Outcome.True;
        }

        private Outcome One()
        {
            if (_at < template.Length && template[_at] == '%')
            {
                Output.Append('%');
                _at++;
                return Outcome.True;
            }
            var parsed = Specification();
            return parsed != Outcome.True ? parsed : Convert();
        }

        // CPython reads ahead one character at a time; '\0' stands for the end of the template.
        private bool Next()
        {
            if (_at < template.Length)
            {
                _conversion = template[_at++];
                return true;
            }
            _ended = true;
            return false;
        }

        private bool _ended;

        private Outcome Specification()
        {
            _left = _sign = _blank = _alternate = _zero = _ended = false;
            _width = _precision = -1;
            if (_at < template.Length && template[_at] == '(')
            {
                var outcome = Key();
                if (outcome != Outcome.True) return outcome;
            }
            _conversion = '\0';
            while (Next() && IsFlag(_conversion))
            {
            }
            if (_ended) return Outcome.ValueError;
            if (_conversion == '*')
            {
                var outcome = Star(out _width);
                if (outcome != Outcome.True) return outcome;
                if (_width < 0)
                {
                    _left = true;
                    _width = -_width;
                }
                Next();
            }
            else if (char.IsAsciiDigit(_conversion))
            {
                var outcome = Number(out _width);
                if (outcome != Outcome.True) return outcome;
            }
            if (!_ended && _conversion == '.')
            {
                _precision = 0;
                Next();
                if (!_ended && _conversion == '*')
                {
                    var outcome = Star(out _precision);
                    if (outcome != Outcome.True) return outcome;
                    if (_precision < 0) _precision = 0;
                    Next();
                }
                else if (!_ended && char.IsAsciiDigit(_conversion))
                {
                    var outcome = Number(out _precision);
                    if (outcome != Outcome.True) return outcome;
                }
            }
            if (!_ended && _conversion is 'h' or 'l' or 'L') Next();
            return _ended ? Outcome.ValueError : Outcome.True;
        }

        private Outcome Key()
        {
            var start = ++_at;
            var depth = 1;
            while (depth > 0 && _at < template.Length)
            {
                if (template[_at] == ')') depth--;
                else if (template[_at] == '(') depth++;
                _at++;
            }
            if (depth > 0) return Outcome.ValueError;
            if (!mapping.TryGetValue(template[start..(_at - 1)], out _argument)) return Outcome.MissingTarget;
            _taken = false;
            return Outcome.True;
        }

        private bool IsFlag(char ch)
        {
            switch (ch)
            {
                case '-': _left = true; return true;
                case '+': _sign = true; return true;
                case ' ': _blank = true; return true;
                case '#': _alternate = true; return true;
                case '0': _zero = true; return true;
                default: return false;
            }
        }

        private Outcome Star(out int number)
        {
            number = 0;
            if (_taken) return Outcome.TypeError;
            _taken = true;
            BigInteger value;
            switch (_argument)
            {
                case bool flag: value = flag ? 1 : 0; break;
                case long whole: value = whole; break;
                case BigInteger big: value = big; break;
                default: return Outcome.TypeError;
            }
            if (BigInteger.Abs(value) > MaxPadding) return Outcome.OverflowError;
            number = (int)value;
            return Outcome.True;
        }

        private Outcome Number(out int number)
        {
            number = _conversion - '0';
            while (Next() && char.IsAsciiDigit(_conversion))
            {
                number = (number * 10) + (_conversion - '0');
                if (number > MaxPadding) return Outcome.ValueError;
            }
            return Outcome.True;
        }

        private Outcome Convert()
        {
            if (_taken) return Outcome.TypeError;
            _taken = true;
            string text;
            var numeric = false;
            switch (_conversion)
            {
                case 's' or 'r' or 'a':
                    if (_argument is null) UsedNull = true;
                    text = _conversion == 's' ? PythonText.Str(_argument) : _conversion == 'r' ? PythonText.Repr(_argument) : PythonText.Ascii(_argument);
                    break;
                case 'd' or 'i' or 'u' or 'o' or 'x' or 'X':
                    var whole = Integer(out text);
                    if (whole != Outcome.True) return whole;
                    numeric = true;
                    break;
                case 'e' or 'E' or 'f' or 'F' or 'g' or 'G':
                    var real = Real(out text);
                    if (real != Outcome.True) return real;
                    numeric = true;
                    break;
                case 'c':
                    var character = Character(out text);
                    if (character != Outcome.True) return character;
                    break;
                default:
                    return Outcome.ValueError;
            }
            Emit(text, numeric);
            return Outcome.True;
        }

        private Outcome Integer(out string text)
        {
            text = "";
            BigInteger value;
            switch (_argument)
            {
                case bool flag: value = flag ? 1 : 0; break;
                case long whole: value = whole; break;
                case BigInteger big: value = big; break;
                case double real when _conversion is 'd' or 'i' or 'u':
                    if (double.IsNaN(real)) return Outcome.ValueError;
                    if (double.IsInfinity(real)) return Outcome.OverflowError;
                    value = new BigInteger(real);
                    break;
                default: return Outcome.TypeError;
            }
            var magnitude = BigInteger.Abs(value);
            var digits = _conversion switch
            {
                'o' => Octal(magnitude),
                'x' or 'X' => Hexadecimal(magnitude),
                _ => magnitude.ToString(CultureInfo.InvariantCulture),
            };
            if (_precision > digits.Length) digits = digits.PadLeft(_precision, '0');
            if (_alternate && _conversion is 'o' or 'x' or 'X') digits = (_conversion == 'o' ? "0o" : "0x") + digits;
            if (_conversion == 'X') digits = digits.ToUpperInvariant();
            text = value.Sign < 0 ? "-" + digits : digits;
            return Outcome.True;
        }

        private static string Octal(BigInteger value)
        {
            if (value.IsZero) return "0";
            var digits = new StringBuilder();
            for (; !value.IsZero; value >>= 3) digits.Insert(0, (char)('0' + (int)(value & 7)));
            return digits.ToString();
        }

        private static string Hexadecimal(BigInteger value)
        {
            var digits = value.ToString("x", CultureInfo.InvariantCulture).TrimStart('0');
            return digits.Length == 0 ? "0" : digits;
        }

        private Outcome Real(out string text)
        {
            text = "";
            double value;
            switch (_argument)
            {
                case bool flag: value = flag ? 1 : 0; break;
                case long whole: value = whole; break;
                case double real: value = real; break;
                case BigInteger big:
                    // The cast cuts off; parsing rounds, as Python does.
                    value = double.Parse(big.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
                    if (double.IsInfinity(value)) return Outcome.OverflowError;
                    break;
                default: return Outcome.TypeError;
            }
            text = PythonFloat.Format(value, _conversion, _precision < 0 ? 6 : _precision, _alternate);
            return Outcome.True;
        }

        private Outcome Character(out string text)
        {
            text = "";
            switch (_argument)
            {
                case string one when PythonText.Codepoints(one).Take(2).Count() == 1:
                    text = one;
                    return Outcome.True;
                case bool flag:
                    text = flag ? "\u0001" : "\0";
                    return Outcome.True;
                case long code when code is >= 0 and <= 0x10ffff:
                    text = code is >= 0xd800 and <= 0xdfff ? ((char)code).ToString() : char.ConvertFromUtf32((int)code);
                    return Outcome.True;
                case long or BigInteger:
                    return Outcome.OverflowError;
                default:
                    return Outcome.TypeError;
            }
        }

        // The padding at the end of unicode_format_arg_output: lengths are counted in code points.
        private void Emit(string text, bool numeric)
        {
            var runes = PythonText.Codepoints(text).ToList();
            if (_conversion is 's' or 'r' or 'a' && _precision >= 0 && runes.Count > _precision) runes.RemoveRange(_precision, runes.Count - _precision);
            var sign = "";
            if (numeric)
            {
                if (runes.Count > 0 && runes[0] is '-' or '+')
                {
                    sign = ((char)runes[0]).ToString();
                    runes.RemoveAt(0);
                }
                else if (_sign) sign = "+";
                else if (_blank) sign = " ";
            }
            var prefix = "";
            if (_alternate && _conversion is 'o' or 'x' or 'X')
            {
                prefix = new string([(char)runes[0], (char)runes[1]]);
                runes.RemoveRange(0, 2);
            }
            var padding = Math.Max(0, _width - runes.Count - sign.Length - prefix.Length);
            var zeros = numeric && _zero;
            if (!_left && !zeros) Output.Append(' ', padding);
            Output.Append(sign).Append(prefix);
            if (!_left && zeros) Output.Append('0', padding);
            foreach (var rune in runes) PythonText.AppendRune(Output, rune);
            if (_left) Output.Append(' ', padding);
        }
    }
}
