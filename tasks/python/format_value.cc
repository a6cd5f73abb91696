#include "tasks/python/format_value.h"

#include <algorithm>

#include "base/text/utf8.h"
#include "tasks/python/format.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

using std::string_view;

/// What a spec asks for beyond PyFormat.
struct FieldSpec : PyFormat {
  bool sign_given = false, no_negative_zero = false;
  char separator = '\0';  // , or _ between groups of digits
};

/// CPython's parse_internal_render_format_spec; a 0 before the width fills numbers behind their
/// sign, also where an align without a fill stands before it.
class SpecParser {
 public:
  SpecParser(string_view text, bool number) : in_(text), number_(number) {}

  FieldSpec parse() {
    FieldSpec spec;
    const bool fill_given = parse_align(spec);
    for (const char sign : {'+', '-', ' '}) {
      if (spec.sign_given || !accept(sign)) continue;
      spec.sign = sign;
      spec.sign_given = true;
    }
    spec.no_negative_zero = accept('z');
    spec.alternate = accept('#');
    if (!fill_given && accept('0')) {
      spec.fill = "0";
      if (!spec.align && number_) spec.align = '=';
    }
    spec.width = python_read_number(in_, at_);
    if (accept(',')) spec.separator = ',';
    if (accept('_')) {
      if (spec.separator) raise("ValueError", "Cannot specify both ',' and '_'.");
      spec.separator = '_';
    }
    if (accept('.')) {
      if (at_ >= in_.size() || !is_ascii_digit(in_[at_]))
        raise("ValueError", "Format specifier missing precision");
      spec.precision = python_read_number(in_, at_);
    }
    if (at_ < in_.size()) spec.type = in_[at_++];
    if (at_ < in_.size()) raise("ValueError", "Invalid format specifier");
    return spec;
  }

 private:
  static bool is_align(char c) { return c == '<' || c == '>' || c == '^' || c == '='; }

  /// Whether a fill stands before the align.
  bool parse_align(FieldSpec& spec) {
    const size_t first = in_.empty() ? 0 : utf8_encode(utf8_decode(in_).substr(0, 1)).size();
    const bool fill = first < in_.size() && is_align(in_[first]);
    if (fill) spec.fill = in_.substr(0, first);
    if (!fill && (in_.empty() || !is_align(in_[0]))) return false;
    at_ = fill ? first + 1 : 1;
    spec.align = in_[at_ - 1];
    return fill;
  }

  bool accept(char c) {
    if (at_ >= in_.size() || in_[at_] != c) return false;
    ++at_;
    return true;
  }

  string_view in_;
  size_t at_ = 0;
  const bool number_;
};

void refuse_if(bool wrong, const char* message) {
  if (wrong) raise("ValueError", message);
}

[[noreturn]] void unknown_code(const FieldSpec& spec, const PyValue& value) {
  raise("ValueError", std::string("Unknown format code '") + spec.type + "' for object of type '" +
                          value.type_name() + "'");
}

/// _PyUnicode_InsertThousandsGrouping: digits in groups, with zeros before them until they fill
/// `least` characters.
std::string grouped(const std::string& digits, int least, size_t group, char separator) {
  std::string out;
  int left = static_cast<int>(digits.size());
  do {
    const int size = std::min(static_cast<int>(group), std::max({left, least, 1}));
    if (!out.empty()) {
      out.insert(out.begin(), separator);
    }
    for (int i = 0; i < size; ++i, --left)
      out.insert(out.begin(), left > 0 ? digits[static_cast<size_t>(left) - 1] : '0');
    left = std::max(left, 0);
    least -= size;
    if (left <= 0 && least <= 0) break;
    --least;
  } while (true);
  return out;
}

/// A number's text in its field: sign and 0x, then padding where it goes behind them, then the
/// digits.
std::string laid_out(std::string text, const FieldSpec& spec) {
  size_t head = text.find_first_not_of("+- ");
  if (spec.alternate && string_view("xXob").find(spec.type) != string_view::npos && spec.type)
    head += 2;
  const bool hex = spec.type == 'x' || spec.type == 'X';
  const char* of_digits = hex ? "0123456789abcdefABCDEF" : "0123456789";
  const size_t end = std::min(text.find_first_not_of(of_digits, head), text.size());
  if (spec.separator && end > head) {
    const bool zeros = spec.fill == "0" && spec.align == '=';
    const int others = static_cast<int>(head + utf8_length(text.substr(end)));
    const size_t group =
        string_view("xXob").find(spec.type) != string_view::npos && spec.type ? 4 : 3;
    const std::string digits = grouped(text.substr(head, end - head),
                                       zeros ? spec.width - others : 0, group, spec.separator);
    text = text.substr(0, head) + digits + text.substr(end);
  }
  if (spec.align != '=') return python_padded(text, spec, '>');
  PyFormat rest = spec;
  rest.align = '>';
  rest.width = spec.width - static_cast<int>(head);
  return text.substr(0, head) + python_padded(text.substr(head), rest, '>');
}

std::string format_text(const PyValue& value, const FieldSpec& spec) {
  refuse_if(spec.separator, "Cannot specify ',' with 's'.");
  if (spec.type && spec.type != 's') unknown_code(spec, value);
  refuse_if(spec.sign_given, "Sign not allowed in string format specifier");
  refuse_if(spec.no_negative_zero,
            "Negative zero coercion (z) not allowed in string format specifier");
  refuse_if(spec.alternate, "Alternate form (#) not allowed in string format specifier");
  refuse_if(spec.align == '=', "'=' alignment not allowed in string format specifier");
  const std::string& text = value.as_string();
  return python_padded(spec.precision < 0 ? text : python_substring(text, 0, spec.precision), spec,
                       '<');
}

std::string format_character(const PyValue& value, const FieldSpec& spec) {
  refuse_if(spec.sign_given, "Sign not allowed with integer format specifier 'c'");
  refuse_if(spec.alternate, "Alternate form (#) not allowed with integer format specifier 'c'");
  refuse_if(spec.separator, "Cannot specify ',' with 'c'.");
  const PyInt code = value.as_big_int();
  if (code < 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
    raise("OverflowError", "%c arg not in range(0x110000)");
  std::string out;
  utf8_append(out, static_cast<char32_t>(code));
  return python_padded(out, spec, '>');
}

std::string format_whole(const PyValue& value, const FieldSpec& spec) {
  refuse_if(spec.precision >= 0, "Precision not allowed in integer format specifier");
  refuse_if(spec.no_negative_zero,
            "Negative zero coercion (z) not allowed in integer format specifier");
  if (spec.type == 'c') return format_character(value, spec);
  const bool decimal = !spec.type || spec.type == 'd';
  refuse_if(spec.separator && !decimal && (spec.separator == ',' || spec.type == 'n'),
            "Cannot specify ',' with this type of integer");
  return laid_out(python_integer_digits(value.as_big_int(), spec), spec);
}

std::string format_real(const PyValue& value, const FieldSpec& spec) {
  refuse_if(spec.separator && spec.type == 'n', "Cannot specify ',' with 'n'.");
  std::string text = python_real_digits(value.as_float(), spec);
  const size_t exponent = std::min(text.find_first_of("eE"), text.size());
  const bool zero =
      text.substr(0, exponent).find_first_of("123456789infaINFA") == std::string::npos;
  if (spec.no_negative_zero && zero && text[0] == '-')
    text = (spec.sign == '-' ? "" : std::string(1, spec.sign)) + text.substr(1);
  return laid_out(text, spec);
}

}  // namespace

std::string python_format_value(const PyValue& value, string_view text) {
  if (text.empty()) return value.str();
  if (!value.is_string() && !value.is_number())
    raise("TypeError", "unsupported format string passed to " + value.type_name() + ".__format__");
  const FieldSpec spec = SpecParser(text, value.is_number()).parse();
  const auto one_of = [&](string_view types) { return types.find(spec.type) != string_view::npos; };
  if (value.is_string()) return format_text(value, spec);
  if (spec.type ? one_of("eEfFgG%") || (one_of("n") && value.is_float()) : value.is_float())
    return format_real(value, spec);
  if (value.is_integer() && (!spec.type || one_of("bcdoxXn"))) return format_whole(value, spec);
  unknown_code(spec, value);
}

}  // namespace flm
