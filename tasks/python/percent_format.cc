// "..." % values.
#include <cmath>

#include "base/documents/json.h"
#include "base/text/utf8.h"
#include "tasks/python/format.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

using std::string_view;

PyInt to_integer(const PyValue& value, char type) {
  if (value.is_undefined()) raise("UndefinedError", value.undefined_message());
  if (value.is_integer()) return value.as_big_int();
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

[[noreturn]] void unsupported(const std::string& character) {
  raise("ValueError", "unsupported format character '" + character + "'");
}

/// One conversion of `%`.
std::string percent_value(const PyValue& value, const PyFormat& spec) {
  switch (spec.type) {
    case 's':
      return python_padded(truncated(value.str(), spec.precision), spec, '>');
    case 'r':
      return python_padded(truncated(value.repr(), spec.precision), spec, '>');
    case 'a':
      return python_padded(truncated(python_ascii(value.repr()), spec.precision), spec, '>');
    case 'c': {
      if (value.is_string() && value.length() == 1)
        return python_padded(value.as_string(), spec, '>');
      const PyInt code = to_integer(value, 'c');
      if (code < 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
        raise("OverflowError", "%c arg not in range(0x110000)");
      std::string out;
      utf8_append(out, static_cast<char32_t>(code));
      return python_padded(out, spec, '>');
    }
    case 'd':
    case 'i':
    case 'u':
    case 'x':
    case 'X':
    case 'o':
      return python_padded(python_integer_digits(to_integer(value, spec.type), spec), spec, '>');
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
      if (value.is_undefined()) raise("UndefinedError", value.undefined_message());
      if (!value.is_number()) raise("TypeError", "must be real number, not " + value.type_name());
      return python_padded(python_real_digits(value.as_float(), spec), spec, '>');
    default:
      unsupported(std::string(1, spec.type));
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
    if (at_ < in_.size() && in_[at_] == '%') {  // alone: with a width or a key it is refused
      ++at_;
      return "%";
    }
    const PyValue* value = named();
    PyFormat spec;
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
    if (static_cast<unsigned char>(in_[at_]) >= 0x80)
      unsupported(python_substring(std::string(in_.substr(at_)), 0, 1));
    spec.type = in_[at_++];
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
    if (at_ >= in_.size() || in_[at_] != '*') return python_read_number(in_, at_);
    ++at_;
    const PyInt value = to_integer(next(), 'd');
    if (value < 0 || value > kMaxFormatWidth)
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

}  // namespace

std::string python_percent_format(string_view format, const PyValue& values) {
  return PercentFormatter(format, values).run();
}

}  // namespace flm
