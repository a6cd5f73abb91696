// Filters on one value.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/text/utf8.h"
#include "tasks/jinja/filters/filters.h"
#include "tasks/jinja/filters/json_text.h"
#include "tasks/python/format.h"
#include "tasks/python/operations.h"
#include "tasks/python/regex.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

template <std::string (*function)(std::string_view)>
PyValue mapped(JinjaRuntime&, const PyValue& input, const PyArguments&) {
  return function(input.str());
}

PyValue call_method(JinjaRuntime& runtime, const PyValue& text, const std::string& name,
                    const PyArguments& a) {
  return runtime.call(runtime.attribute(text, name), a);
}

PyValue trim(JinjaRuntime&, const PyValue& input, const PyArguments& a) {
  const PyParameters p("trim", a, {"chars"});
  if (!p.has(0) || p[0].is_none()) return python_strip(input.str());
  return python_strip(input.str(), p.text(0));
}

PyValue replace(JinjaRuntime& runtime, const PyValue& input, const PyArguments& a) {
  const PyParameters p("replace", a, {"old", "new", "count"}, 2);
  const PyValue count = p.value(2, {});
  return call_method(runtime, input.str(), "replace",
                     {{p[0].str(), p[1].str(), count.is_none() ? PyValue(-1) : count}, {}});
}

/// str.title of every word, where white space, hyphens and opening brackets separate words.
PyValue title(JinjaRuntime&, const PyValue& input, const PyArguments&) {
  std::string out, word;
  const auto flush = [&] {
    if (word.empty()) return;
    const std::u32string all = utf8_decode(word);
    out += python_upper(utf8_encode(all.substr(0, 1))) + python_lower(utf8_encode(all.substr(1)));
    word.clear();
  };
  for (const char32_t c : utf8_decode(input.str())) {
    const bool separator =
        utf8_is_space(c) || std::u32string_view(U"-({[<").find(c) != std::u32string_view::npos;
    if (separator) flush();
    utf8_append(separator ? out : word, c);
  }
  flush();
  return out;
}

PyValue string(JinjaRuntime&, const PyValue& input, const PyArguments&) {
  return input.is_safe() ? input : PyValue(input.str());
}

PyValue escape(JinjaRuntime&, const PyValue& input, const PyArguments&) {
  return input.is_safe() ? input : PyValue::safe(markup_escape(input.str()));
}

PyValue force_escape(JinjaRuntime&, const PyValue& input, const PyArguments&) {
  return PyValue::safe(markup_escape(input.str()));
}

PyValue safe(JinjaRuntime&, const PyValue& input, const PyArguments&) {
  return PyValue::safe(input.str());
}

PyValue fallback(JinjaRuntime&, const PyValue& input, const PyArguments& a) {
  const PyParameters p("default", a, {"default_value", "boolean"});
  const bool missing = input.is_undefined() || (p.flag(1, false) && !input.truthy());
  return missing ? p.value(0, "") : input;
}

PyValue truncate_real(double value) {
  if (!std::isfinite(value)) raise("ValueError", "cannot convert float infinity or NaN to integer");
  if (std::fabs(value) > 1e38) raise("OverflowError", "an integer beyond 128 bits");
  return static_cast<PyInt>(value);
}

PyValue to_int(JinjaRuntime&, const PyValue& input, const PyArguments& a) {
  const PyParameters p("int", a, {"default", "base"});
  const int base = static_cast<int>(p.integer(1, 10));
  if (base != 2 && base != 8 && base != 10 && base != 16)
    raise("ValueError", "int() base must be 2, 8, 10 or 16");
  if (input.is_undefined()) raise("UndefinedError", input.undefined_message());
  try {
    if (input.is_integer()) return input.as_big_int();
    if (input.is_float()) return truncate_real(input.as_float());
    if (!input.is_string()) return p.value(0, 0);
    try {
      return python_parse_int(input.as_string(), base);
    } catch (const PyError& e) {
      if (e.type() != "ValueError") throw;
      return truncate_real(python_parse_float(input.as_string()));
    }
  } catch (const PyError& e) {
    if (e.type() != "ValueError") throw;
    return p.value(0, 0);
  }
}

PyValue to_float(JinjaRuntime&, const PyValue& input, const PyArguments& a) {
  const PyParameters p("float", a, {"default"});
  if (input.is_undefined()) raise("UndefinedError", input.undefined_message());
  if (input.is_number()) return input.as_float();
  try {
    if (input.is_string()) return python_parse_float(input.as_string());
  } catch (const PyError&) {
  }
  return p.value(0, 0.0);
}

/// round(value, digits) of Python: exact decimal rounding, ties to even.
double round_real(double value, int64_t digits) {
  if (!std::isfinite(value) || digits > 320) return value;
  if (digits < 0) {
    const double unit = std::pow(10.0, static_cast<double>(-digits));
    return digits < -308 ? 0.0 : std::nearbyint(value / unit) * unit;
  }
  char buffer[700];
  std::snprintf(buffer, sizeof buffer, "%.*f", static_cast<int>(digits), value);
  return std::strtod(buffer, nullptr);
}

PyValue round(JinjaRuntime&, const PyValue& input, const PyArguments& a) {
  const PyParameters p("round", a, {"precision", "method"});
  const std::string method = p.has(1) ? p.text(1) : "common";
  const int64_t digits = p.integer(0, 0);
  if (input.is_undefined()) raise("UndefinedError", input.undefined_message());
  if (!input.is_number())
    raise("TypeError", "type " + input.type_name() + " doesn't define __round__ method");
  if (method == "common") {
    if (input.is_float()) return round_real(input.as_float(), digits);
    return digits >= 0 ? PyValue(input.as_big_int())
                       : truncate_real(round_real(static_cast<double>(input.as_int()), digits));
  }
  if (method != "ceil" && method != "floor")
    raise("FilterArgumentError", "method must be common, ceil or floor");
  const double unit = std::pow(10.0, static_cast<double>(digits)), scaled = input.as_float() * unit;
  const double whole = method == "ceil" ? std::ceil(scaled) : std::floor(scaled);
  return (whole + 0.0) / unit;  // Python rounds to an int, which has no -0
}

PyValue absolute(JinjaRuntime&, const PyValue& input, const PyArguments&) {
  if (input.is_undefined()) raise("UndefinedError", input.undefined_message());
  if (input.is_float()) return std::fabs(input.as_float());
  if (!input.is_number())
    raise("TypeError", "bad operand type for abs(): '" + input.type_name() + "'");
  return input.as_big_int() < 0 ? python_negative(input) : PyValue(input.as_big_int());
}

Json with_sorted_keys(const Json& value) {
  Json out = value.is_object() ? Json::object() : Json::array();
  if (value.is_object()) {
    std::vector<std::string> keys;
    for (const auto& [key, item] : value.items()) keys.push_back(key);
    std::sort(keys.begin(), keys.end());
    for (const std::string& key : keys) out[key] = with_sorted_keys(value[key]);
    return out;
  }
  if (!value.is_array()) return value;
  for (const Json& item : value) out.push_back(with_sorted_keys(item));
  return out;
}

PyValue tojson(JinjaRuntime& runtime, const PyValue& input, const PyArguments& a) {
  const bool plain = runtime.options().plain_tojson;
  const PyParameters p =
      plain ? PyParameters("tojson", a, {"ensure_ascii", "indent", "separators", "sort_keys"})
            : PyParameters("tojson", a, {"indent"});
  const PyValue indent = p.value(plain ? 1 : 0, {});
  const int spaces =
      indent.is_none() ? -1
                       : static_cast<int>(std::clamp<int64_t>(p.integer(plain ? 1 : 0, 0), 0, 100));
  const bool sorted = plain ? p.flag(3, false) : true, ascii = plain ? p.flag(0, false) : true;
  const Json json = sorted ? with_sorted_keys(input.to_json()) : input.to_json();
  JsonLayout layout{spaces, spaces < 0 ? ", " : ",", ": ", ascii};
  if (plain && p.has(2) && !p[2].is_none()) {
    const PyList both = p[2].iterate();
    if (both.size() != 2 || !both[0].is_string() || !both[1].is_string())
      raise("TypeError", "tojson: separators must be two texts");
    layout.between = both[0].as_string();
    layout.colon = both[1].as_string();
  }
  const std::string text = json_text(json, layout);
  runtime.charge(text.size());
  if (plain) return text;
  std::string out;
  for (const char c : text) {
    out += c == '<'    ? "\\u003c"
           : c == '>'  ? "\\u003e"
           : c == '&'  ? "\\u0026"
           : c == '\'' ? "\\u0027"
                       : std::string(1, c);
  }
  return PyValue::safe(out);
}

PyValue indent(JinjaRuntime& runtime, const PyValue& input, const PyArguments& a) {
  const PyParameters p("indent", a, {"width", "first", "blank"});
  const int64_t width =
      p.has(0) && p[0].is_string() ? 0 : std::clamp<int64_t>(p.integer(0, 4), 0, 1000);
  const std::string margin = p.has(0) && p[0].is_string()
                                 ? p[0].as_string()
                                 : std::string(static_cast<size_t>(width), ' ');
  if (!input.is_string()) raise("TypeError", "indent takes a str, not " + input.type_name());
  const bool first = p.flag(1, false), blank = p.flag(2, false);
  const std::vector<std::string> lines = python_splitlines(input.as_string() + "\n");
  std::string out = first ? margin : "";
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out += '\n';
    if (i > 0 && (blank || !lines[i].empty())) out += margin;
    out += lines[i];
    runtime.charge(margin.size());
  }
  return out;
}

PyValue format(JinjaRuntime&, const PyValue& input, const PyArguments& a) {
  if (!a.positional.empty() && !a.keywords.empty()) {
    raise("FilterArgumentError", "can't handle positional and keyword arguments at the same time");
  }
  if (a.keywords.empty()) return python_percent_format(input.str(), PyValue::tuple(a.positional));
  PyDict named;
  for (const auto& [key, value] : a.keywords) named.set(key, value);
  return python_percent_format(input.str(), named);
}

PyValue wordcount(JinjaRuntime&, const PyValue& input, const PyArguments&) {
  static const PythonRegex words = PythonRegex::compile("\\w+");
  return words.finditer(input.str()).size();
}

PyValue truncate(JinjaRuntime&, const PyValue& input, const PyArguments& a) {
  const PyParameters p("truncate", a, {"length", "killwords", "end", "leeway"});
  const int64_t length = p.integer(0, 255), leeway = p.integer(3, 5);
  const std::string text = input.str(), end = p.has(2) ? p.text(2) : "...";
  const int64_t end_length = static_cast<int64_t>(utf8_length(end));
  if (length < end_length || leeway < 0)
    raise("AssertionError", "truncate: expected length >= " + std::to_string(end_length));
  if (static_cast<int64_t>(utf8_length(text)) - leeway <= length) return text;
  const std::string head = python_substring(text, 0, length - end_length);
  return (p.flag(1, false) ? head : python_rsplit(head, " ", 1)[0]) + end;
}

PyValue center(JinjaRuntime& runtime, const PyValue& input, const PyArguments& a) {
  return call_method(runtime, input.str(), "center",
                     {{PyParameters("center", a, {"width"}).value(0, 80)}, {}});
}

/// lm-evaluation-harness's own filter.
PyValue regex_replace(JinjaRuntime&, const PyValue& input, const PyArguments& a) {
  const PyParameters p("regex_replace", a, {"pattern", "repl", "count"}, 2);
  if (!input.is_string()) raise("TypeError", "expected string, got '" + input.type_name() + "'");
  const int64_t count = p.integer(2, 0);
  if (count < 0) return input;
  return PythonRegex::compile(p.text(0)).sub(p.text(1), input.as_string(),
                                             static_cast<size_t>(count));
}

}  // namespace

const JinjaFilters& jinja_value_filters() {
  static const JinjaFilters table = {
      {"upper", mapped<python_upper>},
      {"lower", mapped<python_lower>},
      {"capitalize", mapped<python_capitalize>},
      {"trim", trim},
      {"replace", replace},
      {"title", title},
      {"string", string},
      {"e", escape},
      {"escape", escape},
      {"forceescape", force_escape},
      {"safe", safe},
      {"default", fallback},
      {"d", fallback},
      {"int", to_int},
      {"float", to_float},
      {"round", round},
      {"abs", absolute},
      {"tojson", tojson},
      {"indent", indent},
      {"format", format},
      {"wordcount", wordcount},
      {"truncate", truncate},
      {"center", center},
      {"regex_replace", regex_replace},
  };
  return table;
}

namespace {

JinjaFilter find_filter(std::string_view name) {
  for (const JinjaFilters* table : {&jinja_value_filters(), &jinja_sequence_filters(),
                                    &jinja_layout_filters(), &jinja_markup_filters()}) {
    const auto found = table->find(name);
    if (found != table->end()) return found->second;
  }
  return nullptr;
}

}  // namespace

bool is_jinja_filter(std::string_view name) { return find_filter(name) != nullptr; }

PyValue apply_jinja_filter(JinjaRuntime& runtime, const std::string& name, const PyValue& input,
                           const PyArguments& a) {
  const JinjaFilter filter = find_filter(name);
  if (!filter) raise("TemplateRuntimeError", "No filter named " + python_repr(name) + ".");
  runtime.charge(input.is_string() ? input.as_string().size() : 1);
  return filter(runtime, input, a);
}

}  // namespace flm
