#include "tasks/python/methods.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/text/utf8.h"
#include "tasks/python/arguments.h"
#include "tasks/python/format.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

using Names = std::vector<std::string>;
using Method = PyValue (*)(PyWorkMeter&, const PyValue&, const PyArguments&);
using Table = std::map<std::string, Method, std::less<>>;

constexpr int64_t kMaxWidth = 1'000'000;  // of padded text

void no_arguments(const char* name, const PyArguments& a) { const PyParameters p(name, a, {}); }

PyValue words(const std::vector<std::string>& parts) {
  PyList out;
  for (const std::string& part : parts) out.emplace_back(part);
  return out;
}

using StripFunction = std::string (*)(std::string_view, std::optional<std::string_view>);
template <StripFunction function>
PyValue strip(PyWorkMeter&, const PyValue& self, const PyArguments& a) {
  const PyParameters p("strip", a, {"chars"});
  if (!p.has(0) || p[0].is_none()) return function(self.as_string(), std::nullopt);
  return function(self.as_string(), p.text(0));
}

template <std::string (*function)(std::string_view)>
PyValue mapped(PyWorkMeter&, const PyValue& self, const PyArguments& a) {
  no_arguments("the method", a);
  return function(self.as_string());
}

template <bool (*function)(std::string_view)>
PyValue asked(PyWorkMeter&, const PyValue& self, const PyArguments& a) {
  no_arguments("the method", a);
  return function(self.as_string());
}

template <bool from_right>
PyValue split(PyWorkMeter&, const PyValue& self, const PyArguments& a) {
  const PyParameters p("split", a, {"sep", "maxsplit"});
  const std::string& text = self.as_string();
  const int64_t limit = p.integer(1, -1);
  if (!p.has(0) || p[0].is_none())
    return words(from_right ? python_rsplit(text, limit) : python_split(text, limit));
  return words(from_right ? python_rsplit(text, p.text(0), limit)
                          : python_split(text, p.text(0), limit));
}

PyValue splitlines(PyWorkMeter&, const PyValue& self, const PyArguments& a) {
  return words(python_splitlines(self.as_string(),
                                 PyParameters("splitlines", a, {"keepends"}).flag(0, false)));
}

template <bool at_end>
PyValue affix(PyWorkMeter&, const PyValue& self, const PyArguments& a) {
  const PyParameters p("startswith", a, {"prefix", "start", "end"}, 1);
  const std::int64_t start = p.integer(1, 0), end = p.integer(2, INT64_MAX);
  const std::string text = python_substring(self.as_string(), start, end);
  // A range that begins behind the text or its own end has not even "".
  const bool range = python_find(self.as_string(), "", start, end) >= 0;
  const auto fits = [&](const PyValue& affix_value) {
    if (!affix_value.is_string()) {
      raise("TypeError",
            "the first argument must be str or a tuple of str, not " + affix_value.type_name());
    }
    const std::string& part = affix_value.as_string();
    if (!range || part.size() > text.size()) return false;
    return text.compare(at_end ? text.size() - part.size() : 0, part.size(), part) == 0;
  };
  if (p[0].is_tuple()) return std::any_of(p[0].items().begin(), p[0].items().end(), fits);
  return fits(p[0]);
}

using FindFunction = int64_t (*)(std::string_view, std::string_view, int64_t, int64_t);
template <FindFunction function, bool must_find>
PyValue find(PyWorkMeter&, const PyValue& self, const PyArguments& a) {
  const PyParameters p("find", a, {"sub", "start", "end"}, 1);
  const int64_t at =
      function(self.as_string(), p.text(0), p.integer(1, 0), p.integer(2, INT64_MAX));
  if (must_find && at < 0) raise("ValueError", "substring not found");
  return PyValue(static_cast<long long>(at));
}

PyValue replace(PyWorkMeter& meter, const PyValue& self, const PyArguments& a) {
  const PyParameters p("replace", a, {"old", "new", "count"}, 2);
  const double growth =
      static_cast<double>(self.as_string().size() + 1) * static_cast<double>(p.text(1).size() + 1);
  meter.charge(static_cast<size_t>(std::min(growth, 1e18)));  // at most: before it is built
  return python_replace(self.as_string(), p.text(0), p.text(1), p.integer(2, -1));
}

PyValue join(PyWorkMeter& meter, const PyValue& self, const PyArguments& a) {
  const PyParameters p("join", a, {"iterable"}, 1);
  std::string out;
  const PyList parts = p[0].iterate();
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!parts[i].is_string()) {
      raise("TypeError", "sequence item " + std::to_string(i) + ": expected str instance, " +
                             parts[i].type_name() + " found");
    }
    if (i > 0) out += self.as_string();
    out += parts[i].as_string();
  }
  meter.charge(out.size());
  return out;
}

PyValue format(PyWorkMeter&, const PyValue& self, const PyArguments& a) {
  return python_brace_format(self.as_string(), a);
}

int64_t checked_width(int64_t width) {
  if (width > kMaxWidth) raise("MemoryError", "a width of more than 1,000,000 characters");
  return std::max<int64_t>(width, 0);  // below 0 is as 0 for every method
}

PyValue zfill(PyWorkMeter& meter, const PyValue& self, const PyArguments& a) {
  const int64_t width = checked_width(PyParameters("zfill", a, {"width"}, 1).integer(0, 0));
  meter.charge(static_cast<size_t>(width));
  return python_zfill(self.as_string(), width);
}

/// side: -1 text at the left, 0 centred, 1 text at the right.
template <int side>
PyValue justify(PyWorkMeter& meter, const PyValue& self, const PyArguments& a) {
  const PyParameters p("justify", a, {"width", "fillchar"}, 1);
  const std::string fill = p.has(1) ? p.text(1) : " ";
  if (utf8_length(fill) != 1)
    raise("TypeError", "The fill character must be exactly one character long");
  const int64_t width = checked_width(p.integer(0, 0));
  const int64_t pad = width - static_cast<int64_t>(self.length());
  if (pad <= 0) return self.as_string();
  meter.charge(static_cast<size_t>(pad));
  const int64_t left = side < 0 ? 0 : side > 0 ? pad : pad / 2 + (pad & width & 1);
  std::string out;
  for (int64_t i = 0; i < left; ++i) out += fill;
  out += self.as_string();
  for (int64_t i = left; i < pad; ++i) out += fill;
  return out;
}

template <bool from_right>
PyValue partition(PyWorkMeter&, const PyValue& self, const PyArguments& a) {
  const PyParameters p("partition", a, {"sep"}, 1);
  const std::string &text = self.as_string(), &separator = p.text(0);
  if (separator.empty()) raise("ValueError", "empty separator");
  const size_t at = from_right ? text.rfind(separator) : text.find(separator);
  if (at == std::string::npos) {
    return PyValue::tuple(from_right ? PyList{"", "", text} : PyList{text, "", ""});
  }
  return PyValue::tuple({text.substr(0, at), separator, text.substr(at + separator.size())});
}

PyValue expandtabs(PyWorkMeter& meter, const PyValue& self, const PyArguments& a) {
  const int64_t size = checked_width(PyParameters("expandtabs", a, {"tabsize"}).integer(0, 8));
  std::string out;
  int64_t column = 0;
  for (const char32_t c : utf8_decode(self.as_string())) {
    const int64_t blanks = c == U'\t' && size > 0 ? size - column % size : 0;
    meter.charge(static_cast<size_t>(blanks));
    if (c == U'\t') {
      out.append(static_cast<size_t>(blanks), ' ');
    } else {
      utf8_append(out, c);
    }
    column = c == U'\n' || c == U'\r' ? 0 : column + (c == U'\t' ? blanks : 1);
  }
  return out;
}

template <bool at_end>
PyValue remove_affix(PyWorkMeter&, const PyValue& self, const PyArguments& a) {
  const PyParameters p("removeprefix", a, {"affix"}, 1);
  const std::string &text = self.as_string(), &part = p.text(0);
  if (part.size() > text.size()) return text;
  const size_t at = at_end ? text.size() - part.size() : 0;
  if (text.compare(at, part.size(), part) != 0) return text;
  return at_end ? text.substr(0, at) : text.substr(part.size());
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c < 128; });
}

const Table& string_methods() {
  static const Table table = {
      {"strip", strip<python_strip>},
      {"lstrip", strip<python_lstrip>},
      {"rstrip", strip<python_rstrip>},
      {"upper", mapped<python_upper>},
      {"lower", mapped<python_lower>},
      {"capitalize", mapped<python_capitalize>},
      {"title", mapped<python_title>},
      {"swapcase", mapped<python_swapcase>},
      {"casefold", mapped<python_casefold>},
      {"isspace", asked<python_isspace>},
      {"isascii", asked<is_ascii>},
      {"isdigit", asked<python_isdigit>},
      {"isdecimal", asked<python_isdecimal>},
      {"isnumeric", asked<python_isnumeric>},
      {"isalpha", asked<python_isalpha>},
      {"isalnum", asked<python_isalnum>},
      {"islower", asked<python_islower>},
      {"isupper", asked<python_isupper>},
      {"istitle", asked<python_istitle>},
      {"split", split<false>},
      {"rsplit", split<true>},
      {"splitlines", splitlines},
      {"startswith", affix<false>},
      {"endswith", affix<true>},
      {"find", find<python_find, false>},
      {"rfind", find<python_rfind, false>},
      {"index", find<python_find, true>},
      {"rindex", find<python_rfind, true>},
      {"count", find<python_count, false>},
      {"replace", replace},
      {"join", join},
      {"format", format},
      {"expandtabs", expandtabs},
      {"zfill", zfill},
      {"ljust", justify<-1>},
      {"center", justify<0>},
      {"rjust", justify<1>},
      {"partition", partition<false>},
      {"rpartition", partition<true>},
      {"removeprefix", remove_affix<false>},
      {"removesuffix", remove_affix<true>},
  };
  return table;
}

PyValue index_of(PyWorkMeter&, const PyValue& self, const PyArguments& a) {
  const PyParameters p("index", a, {"value", "start", "stop"}, 1);
  const PyList& items = self.items();
  const int64_t n = static_cast<int64_t>(items.size());
  const auto clamp = [&](int64_t i) {
    return i < 0 ? std::max<int64_t>(0, i + n) : std::min(i, n);
  };
  const int64_t stop = clamp(p.integer(2, n));
  for (int64_t i = clamp(p.integer(1, 0)); i < stop; ++i) {
    if (items[static_cast<size_t>(i)].equals(p[0])) return PyValue(static_cast<long long>(i));
  }
  raise("ValueError",
        self.is_list() ? p[0].repr() + " is not in list" : "tuple.index(x): x not in tuple");
}

PyValue count_of(PyWorkMeter&, const PyValue& self, const PyArguments& a) {
  const PyParameters p("count", a, {"value"}, 1);
  return PyValue(std::count(self.items().begin(), self.items().end(), p[0]));
}

PyValue copy(PyWorkMeter&, const PyValue& self, const PyArguments& a) {
  no_arguments("copy", a);
  return self;  // nothing changes it, so the same will do
}

PyValue changes(PyWorkMeter&, const PyValue& self, const PyArguments&) {
  raise("SecurityError", "a method that changes a " + self.type_name() +
                             " is refused; build a new one with + or a filter");
}

const Table& list_methods() {
  static const Table table = {{"index", index_of}, {"count", count_of}, {"copy", copy},
                              {"append", changes}, {"extend", changes}, {"insert", changes},
                              {"pop", changes},    {"remove", changes}, {"clear", changes},
                              {"sort", changes},   {"reverse", changes}};
  return table;
}

const Table& tuple_methods() {
  static const Table table = {{"index", index_of}, {"count", count_of}};
  return table;
}

PyValue dict_get(PyWorkMeter&, const PyValue& self, const PyArguments& a) {
  const PyParameters p("get", a, {"key", "default"}, 1);
  const PyValue* found = self.dict().find(p[0]);
  return found ? *found : p.value(1, {});
}

PyValue dict_keys(PyWorkMeter&, const PyValue& self, const PyArguments& a) {
  no_arguments("keys", a);
  return PyView{PyView::Form::kKeys, self.iterate()};
}

PyValue dict_values(PyWorkMeter&, const PyValue& self, const PyArguments& a) {
  no_arguments("values", a);
  PyView out{PyView::Form::kValues, {}};
  for (const auto& entry : self.dict()) out.elements.push_back(entry.second);
  return out;
}

PyValue dict_items(PyWorkMeter&, const PyValue& self, const PyArguments& a) {
  no_arguments("items", a);
  PyView out{PyView::Form::kItems, {}};
  for (const auto& [key, value] : self.dict()) out.elements.push_back(PyValue::tuple({key, value}));
  return out;
}

const Table& dict_methods() {
  static const Table table = {{"get", dict_get},      {"keys", dict_keys},  {"values", dict_values},
                              {"items", dict_items},  {"copy", copy},       {"update", changes},
                              {"pop", changes},       {"popitem", changes}, {"clear", changes},
                              {"setdefault", changes}};
  return table;
}

PyValue is_whole(PyWorkMeter&, const PyValue& self, const PyArguments& a) {
  no_arguments("is_integer", a);
  return std::isfinite(self.as_float()) && self.as_float() == std::floor(self.as_float());
}

const Table& float_methods() {
  static const Table table = {{"is_integer", is_whole}};
  return table;
}

const Table* table_of(const PyValue& object) {
  switch (object.kind()) {
    case PyValue::Kind::kString:
      return &string_methods();
    case PyValue::Kind::kList:
      return &list_methods();
    case PyValue::Kind::kTuple:
      return &tuple_methods();
    case PyValue::Kind::kDict:
      return &dict_methods();
    case PyValue::Kind::kFloat:
      return &float_methods();
    default:
      return nullptr;
  }
}

/// What Python's own types have and a template may ask for, but not here. A test whether it is
/// there would take the other way, were it said to be missing.
const std::set<std::string>& left_out(const PyValue& object) {
  static const std::set<std::string> none,
      text = {"encode", "format_map", "isidentifier", "isprintable", "maketrans", "translate"},
      number = {"as_integer_ratio", "bit_count",   "bit_length",
                "conjugate",        "denominator", "from_bytes",
                "fromhex",          "hex",         "imag",
                "numerator",        "real",        "to_bytes"},
      dict = {"fromkeys"}, view = {"isdisjoint", "mapping"},
      range = {"count", "index", "start", "step", "stop"}, generator = {"close", "send", "throw"};
  if (object.is_string()) return text;
  if (object.is_number()) return number;
  if (object.is_view()) return object.is_range() ? range : view;
  return object.is_dict() ? dict : object.is_generator() ? generator : none;
}

}  // namespace

std::optional<PyValue> python_method(PyWorkMeter& meter, const PyValue& object,
                                     const std::string& name) {
  if (left_out(object).contains(name))
    throw UserError("Python's " + object.type_name() + "." + name +
                    " is not known to templates here");
  const Table* table = table_of(object);
  if (!table) return std::nullopt;
  const auto found = table->find(name);
  if (found == table->end()) return std::nullopt;
  const Method method = found->second;
  return PyFunction{
      name, [&meter, object, method](const PyArguments& a) { return method(meter, object, a); }};
}

}  // namespace flm
