// "...".format(...).
#include <algorithm>

#include "tasks/python/format.h"
#include "tasks/python/format_value.h"
#include "tasks/python/operations.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

using std::string_view;

constexpr int kMostNested = 2;  // a field, and fields of its spec

/// CPython's MarkupIterator and get_field_object (Objects/stringlib/unicode_format.h).
class BraceFormatter {
 public:
  explicit BraceFormatter(const PyArguments& arguments) : arguments_(arguments) {}

  std::string run(string_view in, int depth = 0) {
    if (depth >= kMostNested) raise("ValueError", "Max string recursion exceeded");
    std::string out;
    for (size_t at = 0; at < in.size();) {
      const char c = in[at++];
      const bool doubled = at < in.size() && in[at] == c;
      if (c != '{' && c != '}') {
        out += c;
      } else if (doubled) {
        out += c;
        ++at;
      } else if (c == '}') {
        raise("ValueError", "Single '}' encountered in format string");
      } else {
        out += field(in, at, depth);
      }
    }
    return out;
  }

 private:
  /// The field whose { stands before `at`, which moves behind its }.
  std::string field(string_view in, size_t& at, int depth) {
    const string_view name = field_name(in, at);
    char conversion = '\0', mark = in[at++];
    if (mark == '!') {
      if (at >= in.size())
        raise("ValueError", "end of string while looking for conversion specifier");
      conversion = in[at++];
      mark = at < in.size() ? in[at++] : '\0';
      if (mark != ':' && mark != '}')
        raise("ValueError", "expected ':' after conversion specifier");
    }
    const string_view spec = mark == ':' ? field_spec(in, at) : "";
    PyValue value = object(name);
    if (conversion == 'r') value = value.repr();
    if (conversion == 's') value = value.str();
    if (conversion == 'a') value = python_ascii(value.repr());
    if (conversion != '\0' && string_view("rsa").find(conversion) == string_view::npos)
      raise("ValueError", "Unknown conversion specifier");
    const bool nested = spec.find_first_of("{}") != string_view::npos;
    return python_format_value(value, nested ? run(spec, depth + 1) : std::string(spec));
  }

  /// Up to }, : or !, of which those in [...] are part of the name.
  static string_view field_name(string_view in, size_t& at) {
    const size_t begin = at;
    while (at < in.size() && in[at] != '}' && in[at] != ':' && in[at] != '!') {
      if (in[at] == '{') raise("ValueError", "unexpected '{' in field name");
      at = in[at] == '[' ? std::min(in.find(']', at), in.size() - 1) + 1 : at + 1;
    }
    if (at >= in.size()) raise("ValueError", "expected '}' before end of string");
    return in.substr(begin, at - begin);
  }

  /// Up to the } of the field.
  static string_view field_spec(string_view in, size_t& at) {
    const size_t begin = at;
    for (int open = 1; at < in.size(); ++at) {
      open += in[at] == '{' ? 1 : in[at] == '}' ? -1 : 0;
      if (open == 0) return in.substr(begin, at++ - begin);
    }
    raise("ValueError", "unmatched '{' in format spec");
  }

  /// An argument and the [...] behind it.
  PyValue object(string_view name) {
    size_t at = std::min(name.find_first_of(".["), name.size());
    PyValue value = argument(std::string(name.substr(0, at)));
    while (at < name.size()) {
      if (name[at] == '.')  // what templates hold has no attributes that Python's has
        raise("AttributeError", "'" + value.type_name() + "' object has no attribute '" +
                                    std::string(name.substr(at + 1)) + "'");
      if (name[at] != '[')
        raise("ValueError", "Only '.' or '[' may follow ']' in format field specifier");
      const size_t end = name.find(']', at);
      if (end == string_view::npos) raise("ValueError", "Missing ']' in format string");
      value = element(value, std::string(name.substr(at + 1, end - at - 1)));
      at = end + 1;
    }
    return value;
  }

  static PyValue element(const PyValue& value, const std::string& key) {
    if (key.empty()) raise("ValueError", "Empty attribute in format string");
    const PyValue index = is_number(key) ? PyValue(python_parse_int(key)) : PyValue(key);
    if (const auto found = python_element(value, index)) return *found;
    raise(value.is_dict() ? "KeyError" : "IndexError", index.repr());
  }

  static bool is_number(const std::string& text) {
    return text.find_first_not_of("0123456789") == std::string::npos;
  }

  PyValue argument(const std::string& name) {
    if (is_number(name)) {
      if (name.size() > 6) raise("ValueError", "Too many decimal digits in format string");
      bool& this_way = name.empty() ? counted_ : numbered_;
      this_way = true;
      if (counted_ && numbered_)
        raise("ValueError",
              "cannot switch between automatic field numbering and manual field specification");
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

  const PyArguments& arguments_;
  size_t automatic_ = 0;
  bool counted_ = false, numbered_ = false;
};

}  // namespace

std::string python_brace_format(string_view format, const PyArguments& arguments) {
  return BraceFormatter(arguments).run(format);
}

}  // namespace flm
