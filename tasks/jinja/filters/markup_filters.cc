// Filters for HTML.
#include <string>

#include "tasks/jinja/filters/filters.h"
#include "tasks/jinja/filters/html_entities.h"
#include "tasks/python/regex.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

/// Tags and comments go; an unclosed one ends the search.
std::string without_tags(const std::string& text) {
  std::string out;
  std::size_t at = 0;
  for (std::size_t start; (start = text.find('<', at)) != std::string::npos;) {
    const bool comment = text.compare(start, 4, "<!--") == 0;
    const std::size_t end = comment ? text.find("-->", start + 4) : text.find('>', start);
    if (end == std::string::npos) break;
    out += text.substr(at, start - at);
    at = end + (comment ? 3 : 1);
  }
  return out + text.substr(at);
}

PyValue striptags(JinjaRuntime&, const PyValue& input, const PyArguments& a) {
  PyParameters("striptags", a, {});
  return html_unescape(python_join(" ", python_split(without_tags(input.str()))));
}

PyValue xmlattr(JinjaRuntime&, const PyValue& input, const PyArguments& a) {
  static const PythonRegex forbidden = PythonRegex::compile("[\\s/>=]", PythonRegex::kAscii);
  const PyParameters p("xmlattr", a, {"autospace"});
  if (input.is_undefined()) raise("UndefinedError", input.undefined_message());
  if (!input.is_dict())
    raise("AttributeError", "'" + input.type_name() + "' object has no attribute 'items'");
  const auto escaped = [](const PyValue& value) {
    return value.is_safe() ? value.as_string() : markup_escape(value.str());
  };
  std::string out;
  for (const auto& [key, value] : input.dict()) {
    if (value.is_none() || value.is_undefined()) continue;
    if (!key.is_string()) raise("TypeError", "expected string or bytes-like object");
    if (forbidden.search(key.as_string()))
      raise("ValueError", "Invalid character in attribute name: " + key.repr());
    out += (out.empty() ? "" : " ") + escaped(key) + "=\"" + escaped(value) + "\"";
  }
  return (p.flag(0, true) && !out.empty() ? " " : "") + out;
}

/// Percent-encoded UTF-8; a slash stays in a path, not in a query.
std::string percent_encoded(const std::string& text, std::string_view kept) {
  std::string out;
  for (const unsigned char c : text) {
    const bool plain =
        (c < 128 && std::isalnum(c)) || kept.find(static_cast<char>(c)) != std::string_view::npos;
    char code[4];
    std::snprintf(code, sizeof code, "%%%02X", c);
    out += plain ? std::string(1, static_cast<char>(c)) : code;
  }
  return out;
}

/// In a query a space is a plus.
std::string query_part(const PyValue& value) {
  return python_replace(percent_encoded(value.str(), "_.-~ "), " ", "+");
}

/// A text becomes part of a path; a dict or list of pairs a query.
PyValue urlencode(JinjaRuntime&, const PyValue& input, const PyArguments& a) {
  PyParameters("urlencode", a, {});
  const bool pairs = input.is_dict() || input.is_list() || input.is_tuple() || input.is_view() ||
                     input.is_generator();
  if (!pairs) return percent_encoded(input.str(), "_.-~/");
  PyList entries;
  if (input.is_dict()) {
    for (const auto& [key, value] : input.dict()) entries.push_back(PyValue::tuple({key, value}));
  } else {
    entries = input.iterate();
  }
  std::string out;
  for (const PyValue& entry : entries) {
    const PyList both = entry.iterate();
    if (both.size() != 2) raise("ValueError", "urlencode takes pairs (expected 2)");
    out += (out.empty() ? "" : "&") + query_part(both[0]) + "=" + query_part(both[1]);
  }
  return out;
}

}  // namespace

const JinjaFilters& jinja_markup_filters() {
  static const JinjaFilters table = {
      {"striptags", striptags}, {"xmlattr", xmlattr}, {"urlencode", urlencode}};
  return table;
}

}  // namespace flm
