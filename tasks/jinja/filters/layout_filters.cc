// Filters that lay text out: wrapped lines, sizes of files, printed structures.
#include <cmath>
#include <cstdio>
#include <deque>

#include "base/text/utf8.h"
#include "tasks/jinja/filters/filters.h"
#include "tasks/python/regex.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

using Chunks = std::deque<std::u32string>;

/// Where textwrap may break: around white space, after hyphens between letters, around dashes.
const PythonRegex& breaks(bool on_hyphens) {
  static const std::string space = R"([\t\n\x0b\x0c\r ])", other = R"([^\t\n\x0b\x0c\r ])",
                           letter = R"([^\d\W])", before_dash = R"((?<=[\w!"'&.,?]))",
                           hyphen = "-(?:(?<=" + letter + letter + "-)|(?<=" + letter + "-" +
                                    letter + "-))(?=" + letter + "-?" + letter + ")",
                           word = other + "+?(?:" + hyphen + "|(?=" + space + R"(|\Z)|)" +
                                  before_dash + R"((?=-{2,}\w)))",
                           dash = before_dash + R"(-{2,}(?=\w))";
  static const PythonRegex all = PythonRegex::compile(space + "+|" + dash + "|" + word);
  static const PythonRegex spaces = PythonRegex::compile(space + "+");
  return on_hyphens ? all : spaces;
}

Chunks chunks_of(const std::string& line, bool on_hyphens) {
  Chunks chunks;
  const auto add = [&](std::size_t begin, std::size_t end) {
    if (begin < end) chunks.push_back(utf8_decode(line.substr(begin, end - begin)));
  };
  std::size_t at = 0;
  for (const PythonRegex::Match& match : breaks(on_hyphens).finditer(line)) {
    add(at, match.start);
    add(match.start, match.end);
    at = match.end;
  }
  add(at, line.size());
  return chunks;
}

bool blank(const std::u32string& chunk) { return python_strip(utf8_encode(chunk)).empty(); }

struct WrapRule {
  std::size_t width;
  bool break_long_words, break_on_hyphens;
};

/// The part of a chunk that is longer than a line which still goes onto this one.
std::size_t part_that_fits(const std::u32string& chunk, std::size_t left, bool on_hyphens) {
  if (on_hyphens && chunk.size() > left && left > 0) {
    const std::size_t hyphen = chunk.rfind(U'-', left - 1);
    const bool word_before =
        hyphen != std::u32string::npos && hyphen > 0 && chunk.find_first_not_of(U'-') < hyphen;
    if (word_before) return hyphen + 1;
  }
  return left;
}

std::string next_line(Chunks& chunks, const WrapRule& rule) {
  std::vector<std::u32string> line;
  std::size_t length = 0;
  while (!chunks.empty() && length + chunks.front().size() <= rule.width) {
    length += chunks.front().size();
    line.push_back(std::move(chunks.front()));
    chunks.pop_front();
  }
  if (!chunks.empty() && chunks.front().size() > rule.width) {
    if (rule.break_long_words) {
      const std::size_t end =
          part_that_fits(chunks.front(), rule.width - length, rule.break_on_hyphens);
      line.push_back(chunks.front().substr(0, end));
      chunks.front().erase(0, end);
    } else if (line.empty()) {
      line.push_back(std::move(chunks.front()));
      chunks.pop_front();
    }
  }
  if (!line.empty() && blank(line.back())) line.pop_back();
  std::string out;
  for (const std::u32string& chunk : line) out += utf8_encode(chunk);
  return out;
}

/// textwrap.wrap: lines of at most `width` code points.
std::vector<std::string> wrapped(const std::string& paragraph, const WrapRule& rule) {
  std::vector<std::string> lines;
  Chunks chunks = chunks_of(paragraph, rule.break_on_hyphens);
  while (!chunks.empty()) {
    if (!lines.empty() && blank(chunks.front())) chunks.pop_front();
    std::string line = next_line(chunks, rule);
    if (!line.empty()) lines.push_back(std::move(line));
  }
  return lines;
}

PyValue wordwrap(JinjaRuntime& runtime, const PyValue& input, const PyArguments& a) {
  const PyParameters p("wordwrap", a,
                       {"width", "break_long_words", "wrapstring", "break_on_hyphens"});
  const std::int64_t width = p.integer(0, 79);
  if (input.is_undefined()) raise("UndefinedError", input.undefined_message());
  if (!input.is_string()) raise("AttributeError", input.type_name() + " has no splitlines");
  const std::string seam = p.has(2) && !p[2].is_none() ? p.text(2) : "\n";
  const WrapRule rule{static_cast<std::size_t>(std::max<std::int64_t>(width, 0)), p.flag(1, true),
                      p.flag(3, true)};
  std::vector<std::string> lines;
  for (const std::string& paragraph : python_splitlines(input.as_string())) {
    if (width <= 0)
      raise("ValueError", "invalid width " + std::to_string(width) + " (must be > 0)");
    runtime.charge(4 * paragraph.size() + seam.size());
    lines.push_back(python_join(seam, wrapped(paragraph, rule)));
  }
  return python_join(seam, lines);
}

PyValue filesizeformat(JinjaRuntime&, const PyValue& input, const PyArguments& a) {
  const PyParameters p("filesizeformat", a, {"binary"});
  const bool binary = p.flag(0, false);
  if (input.is_undefined()) raise("UndefinedError", input.undefined_message());
  if (!input.is_string() && !input.is_number())
    raise("TypeError",
          "float() argument must be a string or a real number, not '" + input.type_name() + "'");
  const double bytes = input.is_string() ? python_parse_float(input.as_string()) : input.as_float();
  const double base = binary ? 1024 : 1000;
  if (bytes == 1) return "1 Byte";
  char text[64];
  if (bytes < base) {
    std::snprintf(text, sizeof text, "%.0f Bytes", std::trunc(bytes));
    return bytes > -1 && bytes < 0 ? "0 Bytes" : text;
  }
  long double unit = base * base;  // exact up to 1000^9
  std::size_t step = 0;
  for (; step < 7 && bytes >= unit; ++step) unit *= base;
  std::snprintf(text, sizeof text, "%.1f %c%s", base * bytes / static_cast<double>(unit),
                (binary ? "KMGTPEZY" : "kMGTPEZY")[step], binary ? "iB" : "B");
  return text;
}

/// Keys that Python cannot compare stand in the order of their types' names.
bool stands_before(const PyValue& a, const PyValue& b) {
  try {
    return a.compare(b) == -1;
  } catch (const PyError&) {
    return a.type_name() < b.type_name();
  }
}

PyValue with_sorted_dicts(const PyValue& value) {
  if (value.is_dict()) {
    std::vector<PyDict::Entry> entries(value.dict().begin(), value.dict().end());
    std::stable_sort(entries.begin(), entries.end(),
                     [](const auto& x, const auto& y) { return stands_before(x.first, y.first); });
    PyDict out;
    for (const auto& [key, item] : entries) out.set(key, with_sorted_dicts(item));
    return out;
  }
  if (!value.is_list() && !value.is_tuple()) return value;
  PyList out;
  for (const PyValue& item : value.items()) out.push_back(with_sorted_dicts(item));
  return value.is_list() ? PyValue(std::move(out)) : PyValue::tuple(std::move(out));
}

/// pprint.pformat where it fits on one line.
PyValue pprint(JinjaRuntime&, const PyValue& input, const PyArguments& a) {
  PyParameters("pprint", a, {});
  std::string text = with_sorted_dicts(input).repr();
  if (utf8_length(text) > 80 &&
      (input.is_string() || input.is_list() || input.is_tuple() || input.is_dict()))
    raise("NotImplementedError",
          "pprint of more than 80 characters is not supported; use tojson(indent=2)");
  return text;
}

/// A prompt must be the same in every run and on every machine.
PyValue random(JinjaRuntime&, const PyValue&, const PyArguments&) {
  raise("NotImplementedError",
        "the filter random is refused: prompts must not change from run to run; take |first");
}

PyValue urlize(JinjaRuntime&, const PyValue&, const PyArguments&) {
  raise("NotImplementedError",
        "the filter urlize is not supported; write the links into the template");
}

}  // namespace

const JinjaFilters& jinja_layout_filters() {
  static const JinjaFilters table = {
      {"wordwrap", wordwrap}, {"filesizeformat", filesizeformat},
      {"pprint", pprint},     {"random", random},
      {"urlize", urlize},
  };
  return table;
}

}  // namespace flm
