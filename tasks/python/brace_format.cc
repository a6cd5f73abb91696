// "...".format(...).
#include <cmath>
#include <cstdio>

#include "base/documents/json.h"
#include "base/text/utf8.h"
#include "tasks/python/format.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

using std::string_view;

std::string truncated(const std::string& text, int precision) {
  return precision < 0 ? text : python_substring(text, 0, precision);
}

/// [[fill]align][sign][#][0][width][,][.precision][type]
PyFormat parse_spec(string_view text) {
  PyFormat spec;
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
  spec.width = python_read_number(text, at);
  spec.comma = accept(',');
  if (accept('.')) {
    if (at >= text.size() || !is_ascii_digit(text[at]))
      raise("ValueError", "Format specifier missing precision");
    spec.precision = python_read_number(text, at);
  }
  if (at < text.size()) spec.type = text[at++];
  if (at < text.size()) raise("ValueError", "Invalid format specifier");
  return spec;
}

std::string format_value(const PyValue& value, const PyFormat& spec) {
  if (!value.is_string() && !value.is_number())
    raise("TypeError", "unsupported format string passed to " + value.type_name() + ".__format__");
  const auto one_of = [&](string_view types) {
    return spec.type == '\0' || types.find(spec.type) != string_view::npos;
  };
  if (value.is_string() && one_of("s") && spec.align != '=') {
    return python_padded(truncated(value.as_string(), spec.precision), spec, '<');
  }
  const bool integer = value.is_int() || (value.is_bool() && spec.type != '\0');
  if (integer && one_of("dxXobn") && spec.precision < 0)
    return python_padded(python_integer_digits(value.as_big_int(), spec), spec, '>');
  if (value.is_number() && !value.is_bool() && spec.type != '\0' && one_of("eEfFgGn%")) {
    return python_padded(python_real_digits(value.as_float(), spec), spec, '>');
  }
  if (value.is_float() && spec.type == '\0')
    return python_padded(python_real_digits(value.as_float(), spec), spec, '>');
  if (value.is_bool() && spec.type == '\0') return python_padded(value.str(), spec, '<');
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

std::string python_brace_format(string_view format, const PyArguments& arguments) {
  return BraceFormatter(format, arguments).run();
}

}  // namespace flm
