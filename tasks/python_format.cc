// "..." % values and "...".format(...): the conversions that templates use.
#include <cmath>
#include <cstdio>

#include "base/json.h"
#include "base/utf8.h"
#include "tasks/jinja_runtime.h"
#include "tasks/python_text.h"

namespace flm {
namespace {

using std::string_view;

constexpr int kMaxWidth = 100'000;

[[noreturn]] void raise(const std::string& type, const std::string& message) {
  throw PyError(type, message);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// How one value is laid out.
struct Spec {
  std::string fill = " ";
  char align = '\0';  // < > ^ =
  char sign = '-';    // + - or blank
  bool alternate = false, comma = false;
  int width = 0, precision = -1;
  char type = '\0';
};

int read_number(string_view text, size_t& at) {
  int value = 0;
  for (; at < text.size() && is_digit(text[at]); ++at) {
    value = value * 10 + (text[at] - '0');
    if (value > kMaxWidth) raise("ValueError", "a width or precision beyond 100,000");
  }
  return value;
}

std::string padded(std::string body, const Spec& spec, char fallback_align) {
  const int missing = spec.width - static_cast<int>(utf8_length(body));
  if (missing <= 0) return body;
  const char align = spec.align ? spec.align : fallback_align;
  const auto fill = [&](int n) {
    std::string out;
    for (int i = 0; i < n; ++i) out += spec.fill;
    return out;
  };
  if (align == '<') return body + fill(missing);
  if (align == '^') return fill(missing / 2) + body + fill(missing - missing / 2);
  size_t head = 0;  // '=': padding goes between the sign (and 0x) and the digits
  if (align == '=') {
    head = !body.empty() && (body[0] == '-' || body[0] == '+' || body[0] == ' ') ? 1 : 0;
    if (body.size() > head + 1 && body[head] == '0' &&
        string_view("xXob").find(body[head + 1]) != string_view::npos)
      head += 2;
  }
  return body.substr(0, head) + fill(missing) + body.substr(head);
}

std::string with_sign(std::string digits, bool negative, char sign) {
  if (negative) return "-" + digits;
  return sign == '+' ? "+" + digits : sign == ' ' ? " " + digits : digits;
}

std::string with_commas(const std::string& digits) {
  const size_t whole = std::min(digits.find_first_not_of("0123456789"), digits.size());
  std::string out = digits.substr(whole);
  for (size_t i = 0; i < whole; ++i) {
    if (i > 0 && i % 3 == 0) out.insert(out.begin(), ',');
    out.insert(out.begin(), digits[whole - 1 - i]);
  }
  return out;
}

std::string integer_digits(PyInt value, const Spec& spec) {
  const int base = spec.type == 'x' || spec.type == 'X' ? 16
                   : spec.type == 'o'                   ? 8
                   : spec.type == 'b'                   ? 2
                                                        : 10;
  std::string digits;
  unsigned __int128 rest =
      value < 0 ? -static_cast<unsigned __int128>(value) : static_cast<unsigned __int128>(value);
  const char* letters = spec.type == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
  do {
    digits.insert(digits.begin(), letters[static_cast<int>(rest % static_cast<unsigned>(base))]);
    rest /= static_cast<unsigned>(base);
  } while (rest > 0);
  if (spec.precision > static_cast<int>(digits.size())) {
    digits.insert(0, static_cast<size_t>(spec.precision) - digits.size(), '0');
  }
  if (spec.comma) digits = with_commas(digits);
  if (spec.alternate && base != 10)
    digits = std::string("0") + (base == 8 ? 'o' : base == 2 ? 'b' : spec.type) + digits;
  return with_sign(digits, value < 0, spec.sign);
}

std::string real_digits(double value, const Spec& spec) {
  const bool negative = std::signbit(value) && !std::isnan(value);
  const bool upper = spec.type == 'E' || spec.type == 'F' || spec.type == 'G';
  if (!std::isfinite(value)) {
    std::string word = std::isnan(value) ? "nan" : "inf";
    if (upper) word = python_upper(word);
    return with_sign(word + (spec.type == '%' ? "%" : ""), negative, spec.sign);
  }
  std::string digits;
  if (spec.type == '\0' && spec.precision < 0) {
    digits = python_float_repr(std::fabs(value));
  } else {
    const char kind = spec.type == '%'                        ? 'f'
                      : spec.type == '\0' || spec.type == 'n' ? 'g'
                                                              : spec.type;
    const char format[] = {'%', '.', '*', kind, '\0'};
    const char alternate[] = {'%', '#', '.', '*', kind, '\0'};
    const double shown = std::fabs(spec.type == '%' ? value * 100 : value);
    const int precision = spec.precision < 0 ? 6 : spec.precision;
    const char* chosen = spec.alternate ? alternate : format;
    const int n = std::snprintf(nullptr, 0, chosen, precision, shown);
    digits.resize(static_cast<size_t>(n) + 1);
    std::snprintf(digits.data(), digits.size(), chosen, precision, shown);
    digits.pop_back();
    if (spec.type == '%') digits += '%';
    if (spec.type == '\0' && digits.find_first_of(".e") == std::string::npos) digits += ".0";
  }
  if (spec.comma) digits = with_commas(digits);
  return with_sign(digits, negative, spec.sign);
}

PyInt to_integer(const PyValue& value, char type) {
  if (value.is_undefined()) raise("UndefinedError", value.undefined_message());
  if (value.is_int() || value.is_bool()) return value.as_big_int();
  const bool decimal = type == 'd' || type == 'i' || type == 'u';
  if (value.is_float() && decimal && std::fabs(value.as_float()) < 1e37)
    return static_cast<PyInt>(value.as_float());
  raise("TypeError", std::string("%") + type +
                         " format: " + (decimal ? "a real number" : "an integer") +
                         " is required, not " + value.type_name());
}

std::string truncated(const std::string& text, int precision) {
  return precision < 0 ? text : python_substring(text, 0, precision);
}

/// One conversion of `%`.
std::string percent_value(const PyValue& value, const Spec& spec) {
  switch (spec.type) {
    case 's':
      return padded(truncated(value.str(), spec.precision), spec, '>');
    case 'r':
    case 'a':
      return padded(truncated(value.repr(), spec.precision), spec, '>');
    case 'c': {
      if (value.is_string() && value.length() == 1) return padded(value.as_string(), spec, '>');
      const PyInt code = to_integer(value, 'c');
      if (code < 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
        raise("OverflowError", "%c arg not in range(0x110000)");
      std::string out;
      utf8_append(out, static_cast<char32_t>(code));
      return padded(out, spec, '>');
    }
    case 'd':
    case 'i':
    case 'u':
    case 'x':
    case 'X':
    case 'o':
      return padded(integer_digits(to_integer(value, spec.type), spec), spec, '>');
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
      if (value.is_undefined()) raise("UndefinedError", value.undefined_message());
      if (!value.is_number()) raise("TypeError", "must be real number, not " + value.type_name());
      return padded(real_digits(value.as_float(), spec), spec, '>');
    default:
      raise("ValueError", std::string("unsupported format character '") + spec.type + "'");
  }
}

class PercentFormatter {
 public:
  PercentFormatter(string_view format, const PyValue& values) : in_(format), values_(values) {}

  std::string run() {
    std::string out;
    while (at_ < in_.size()) {
      if (in_[at_] != '%') {
        out += in_[at_++];
      } else {
        ++at_;
        out += conversion();
      }
    }
    const bool tuple_left = values_.is_tuple() && used_ < values_.items().size();
    const bool single_left =
        !values_.is_tuple() && !values_.is_dict() && !values_.is_list() && used_ == 0;
    if (!mapped_ && (tuple_left || single_left))
      raise("TypeError", "not all arguments converted during string formatting");
    return out;
  }

 private:
  std::string conversion() {
    const PyValue* value = named();
    Spec spec;
    bool left = false, zero = false;
    for (; at_ < in_.size() && string_view("-+ #0").find(in_[at_]) != string_view::npos; ++at_) {
      left = left || in_[at_] == '-';
      zero = zero || in_[at_] == '0';
      spec.alternate = spec.alternate || in_[at_] == '#';
      if (in_[at_] == '+' || (in_[at_] == ' ' && spec.sign != '+')) spec.sign = in_[at_];
    }
    spec.width = star_or_number();
    if (at_ < in_.size() && in_[at_] == '.') {
      ++at_;
      spec.precision = star_or_number();
    }
    if (at_ >= in_.size()) raise("ValueError", "incomplete format");
    spec.type = in_[at_++];
    if (spec.type == '%') return "%";
    if (left) spec.align = '<';
    if (zero && !left && string_view("diuxXoeEfFgG").find(spec.type) != string_view::npos) {
      spec.fill = "0";
      spec.align = '=';
    }
    return percent_value(value ? *value : next(), spec);
  }

  const PyValue* named() {
    if (at_ >= in_.size() || in_[at_] != '(') return nullptr;
    const size_t end = in_.find(')', at_);
    if (end == string_view::npos) raise("ValueError", "incomplete format key");
    if (!values_.is_dict()) raise("TypeError", "format requires a mapping");
    const std::string key(in_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    mapped_ = true;
    const PyValue* value = values_.dict().find(key);
    if (!value) raise("KeyError", python_repr(key));
    return value;
  }

  int star_or_number() {
    if (at_ >= in_.size() || in_[at_] != '*') return read_number(in_, at_);
    ++at_;
    const PyInt value = to_integer(next(), 'd');
    if (value < 0 || value > kMaxWidth)
      raise("ValueError", "a width or precision outside 0 to 100,000");
    return static_cast<int>(value);
  }

  const PyValue& next() {
    const bool tuple = values_.is_tuple();
    if (used_ >= (tuple ? values_.items().size() : 1))
      raise("TypeError", "not enough arguments for format string");
    ++used_;
    return tuple ? values_.items()[used_ - 1] : values_;
  }

  string_view in_;
  const PyValue& values_;
  size_t at_ = 0, used_ = 0;
  bool mapped_ = false;
};

/// [[fill]align][sign][#][0][width][,][.precision][type]
Spec parse_spec(string_view text) {
  Spec spec;
  const auto is_align = [](char c) { return c == '<' || c == '>' || c == '^' || c == '='; };
  const size_t first = text.empty() ? 0 : utf8_encode(utf8_decode(text).substr(0, 1)).size();
  size_t at = 0;
  if (first < text.size() && is_align(text[first])) {
    spec.fill = text.substr(0, first);
    spec.align = text[first];
    at = first + 1;
  } else if (!text.empty() && is_align(text[0])) {
    spec.align = text[at++];
  }
  const auto accept = [&](char c) {
    if (at >= text.size() || text[at] != c) return false;
    ++at;
    return true;
  };
  for (const char sign : {'+', '-', ' '}) {
    if (accept(sign)) spec.sign = sign;
  }
  spec.alternate = accept('#');
  if (accept('0') && !spec.align) {
    spec.fill = "0";
    spec.align = '=';
  }
  spec.width = read_number(text, at);
  spec.comma = accept(',');
  if (accept('.')) {
    if (at >= text.size() || !is_digit(text[at]))
      raise("ValueError", "Format specifier missing precision");
    spec.precision = read_number(text, at);
  }
  if (at < text.size()) spec.type = text[at++];
  if (at < text.size()) raise("ValueError", "Invalid format specifier");
  return spec;
}

std::string format_value(const PyValue& value, const Spec& spec) {
  if (value.is_undefined()) raise("UndefinedError", value.undefined_message());
  const auto one_of = [&](string_view types) {
    return spec.type == '\0' || types.find(spec.type) != string_view::npos;
  };
  if (value.is_string() && one_of("s") && spec.align != '=') {
    return padded(truncated(value.as_string(), spec.precision), spec, '<');
  }
  const bool integer = value.is_int() || (value.is_bool() && spec.type != '\0');
  if (integer && one_of("dxXobn") && spec.precision < 0)
    return padded(integer_digits(value.as_big_int(), spec), spec, '>');
  if (value.is_number() && !value.is_bool() && spec.type != '\0' && one_of("eEfFgGn%")) {
    return padded(real_digits(value.as_float(), spec), spec, '>');
  }
  if (value.is_float() && spec.type == '\0')
    return padded(real_digits(value.as_float(), spec), spec, '>');
  if (value.is_bool() && spec.type == '\0') return padded(value.str(), spec, '<');
  raise("ValueError", std::string("Unknown or unsupported format code for object of type '") +
                          value.type_name() + "'");
}

class BraceFormatter {
 public:
  BraceFormatter(string_view format, const PyArguments& arguments)
      : in_(format), arguments_(arguments) {}

  std::string run() {
    std::string out;
    while (at_ < in_.size()) {
      const char c = in_[at_++];
      const bool doubled = at_ < in_.size() && in_[at_] == c;
      if (c != '{' && c != '}') {
        out += c;
      } else if (doubled) {
        out += c;
        ++at_;
      } else if (c == '}') {
        raise("ValueError", "Single '}' encountered in format string");
      } else {
        out += field();
      }
    }
    return out;
  }

 private:
  std::string field() {
    const size_t end = in_.find('}', at_);
    if (end == string_view::npos) raise("ValueError", "expected '}' before end of string");
    string_view body = in_.substr(at_, end - at_);
    if (body.find('{') != string_view::npos)
      raise("ValueError", "nested fields in format() are not supported");
    at_ = end + 1;
    string_view spec;
    char conversion = '\0';
    if (const size_t colon = body.find(':'); colon != string_view::npos) {
      spec = body.substr(colon + 1);
      body = body.substr(0, colon);
    }
    if (body.size() >= 2 && body[body.size() - 2] == '!') {
      conversion = body.back();
      body.remove_suffix(2);
    }
    PyValue value = argument(std::string(body));
    if (conversion == 'r') value = value.repr();
    if (conversion == 's') value = value.str();
    if (conversion != '\0' && conversion != 'r' && conversion != 's')
      raise("ValueError", "Unknown conversion specifier");
    return spec.empty() ? value.str() : format_value(value, parse_spec(spec));
  }

  PyValue argument(const std::string& name) {
    const bool number = name.find_first_not_of("0123456789") == std::string::npos;
    if (number) {
      if (name.size() > 6) raise("ValueError", "Too many decimal digits in format string");
      const size_t i = name.empty() ? automatic_++ : std::stoul(name);
      if (i >= arguments_.positional.size()) {
        raise("IndexError",
              "Replacement index " + std::to_string(i) + " out of range for positional args tuple");
      }
      return arguments_.positional[i];
    }
    for (const auto& [known, value] : arguments_.keywords) {
      if (known == name) return value;
    }
    raise("KeyError", python_repr(name));
  }

  string_view in_;
  const PyArguments& arguments_;
  size_t at_ = 0, automatic_ = 0;
};

}  // namespace

std::string python_percent_format(string_view format, const PyValue& values) {
  return PercentFormatter(format, values).run();
}

std::string python_brace_format(string_view format, const PyArguments& arguments) {
  return BraceFormatter(format, arguments).run();
}

}  // namespace flm
