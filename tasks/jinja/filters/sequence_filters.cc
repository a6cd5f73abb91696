// Filters on lists, dicts and other iterables. Where Jinja returns a generator, a list is returned.
#include <algorithm>

#include "tasks/jinja/filters/filters.h"
#include "tasks/python/methods.h"
#include "tasks/python/operations.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

/// An attribute path like "a.b.0": each part read as an item.
class Path {
 public:
  Path(const PyValue& attribute) {
    if (attribute.is_none()) return;
    if (!attribute.is_string()) {
      parts_.push_back(attribute);
      return;
    }
    for (const std::string& part : python_split(attribute.as_string(), ".", -1)) {
      parts_.push_back(python_isdigit(part) ? PyValue(python_parse_int(part)) : PyValue(part));
    }
  }

  PyValue of(JinjaRuntime& runtime, PyValue item) const {
    for (const PyValue& part : parts_) item = runtime.item(item, part);
    return item;
  }

  /// With a value for what is missing on the way; None for none.
  PyValue of(JinjaRuntime& runtime, PyValue item, const PyValue& fallback) const {
    for (const PyValue& part : parts_) {
      item = runtime.item(item, part);
      if (item.is_undefined() && !fallback.is_none()) item = fallback;
    }
    return item;
  }

 private:
  PyList parts_;
};

PyValue folded(const PyValue& value, bool case_sensitive) {
  return value.is_string() && !case_sensitive ? PyValue(python_lower(value.as_string())) : value;
}

void sort_by(PyList& items, const PyList& keys, bool reverse) {
  std::vector<size_t> order(items.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return reverse ? keys[b].compare(keys[a]) == -1 : keys[a].compare(keys[b]) == -1;
  });
  PyList out;
  for (const size_t i : order) out.push_back(items[i]);
  items = std::move(out);
}

PyValue length(JinjaRuntime&, const PyValue& input, const PyArguments&) { return input.length(); }

PyValue to_list(JinjaRuntime& runtime, const PyValue& input, const PyArguments&) {
  PyList out = input.iterate();
  runtime.charge(out.size());
  return out;
}

PyValue first(JinjaRuntime& runtime, const PyValue& input, const PyArguments&) {
  const PyList items = input.iterate();
  return items.empty() ? runtime.undefined("No first item, sequence was empty.") : items.front();
}

PyValue last(JinjaRuntime& runtime, const PyValue& input, const PyArguments&) {
  const PyList items = input.iterate();
  return items.empty() ? runtime.undefined("No last item, sequence was empty.") : items.back();
}

PyValue join(JinjaRuntime& runtime, const PyValue& input, const PyArguments& a) {
  const PyParameters p("join", a, {"d", "attribute"});
  const std::string separator = p.has(0) ? p[0].str() : "";
  const Path path(p.value(1, {}));
  std::string out;
  bool begun = false;
  for (const PyValue& item : input.iterate()) {
    if (begun) out += separator;
    begun = true;
    const std::string part = path.of(runtime, item).str();
    runtime.charge(part.size() + separator.size() + 1);
    out += part;
  }
  return out;
}

/// map(attribute="name", default=x) or map("filter", arguments...). As Jinja has it, there is
/// nothing in what is not true (none, 0), and nothing more is looked at then.
PyValue map(JinjaRuntime& runtime, const PyValue& input, const PyArguments& a) {
  PyList out;
  if (!input.truthy()) return out;
  if (a.positional.empty()) {
    const PyParameters p("map", a, {"attribute", "default"}, 1);
    const Path path(p[0]);
    for (const PyValue& item : input.iterate()) {
      const PyValue value = path.of(runtime, item);
      out.push_back(value.is_undefined() && p.has(1) ? p[1] : value);
      runtime.charge(1);
    }
    return out;
  }
  const std::string name = a.positional[0].str();
  const PyArguments rest{PyList(a.positional.begin() + 1, a.positional.end()), a.keywords};
  for (const PyValue& item : input.iterate())
    out.push_back(apply_jinja_filter(runtime, name, item, rest));
  return out;
}

/// select, reject, selectattr and rejectattr: [attribute,] [test, arguments...]. Of what is not
/// true nothing, as map().
template <bool by_attribute, bool wanted>
PyValue choose(JinjaRuntime& runtime, const PyValue& input, const PyArguments& a) {
  if (!input.truthy()) return PyList();
  const size_t skip = by_attribute ? 1 : 0;
  if (a.positional.size() < skip)
    raise("FilterArgumentError", "Missing parameter for attribute name");
  const Path path(by_attribute ? a.positional[0] : PyValue());
  const bool has_test = a.positional.size() > skip;
  const std::string test = has_test ? a.positional[skip].str() : "";
  const PyArguments rest{
      has_test ? PyList(a.positional.begin() + static_cast<long>(skip) + 1, a.positional.end())
               : PyList(),
      a.keywords};
  PyList out;
  for (const PyValue& item : input.iterate()) {
    runtime.charge(1);
    const PyValue value = path.of(runtime, item);
    const bool holds = has_test ? apply_jinja_test(runtime, test, value, rest) : value.truthy();
    if (holds == wanted) out.push_back(item);
  }
  return out;
}

PyValue sort(JinjaRuntime& runtime, const PyValue& input, const PyArguments& a) {
  const PyParameters p("sort", a, {"reverse", "case_sensitive", "attribute"});
  PyList items = input.iterate(), keys;
  std::vector<Path> paths;
  const PyValue attribute = p.value(2, {});
  if (attribute.is_string()) {
    for (const std::string& part : python_split(attribute.as_string(), ",", -1))
      paths.emplace_back(PyValue(part));
  } else {
    paths.emplace_back(attribute);
  }
  for (const PyValue& item : items) {
    PyList key;
    for (const Path& path : paths) key.push_back(folded(path.of(runtime, item), p.flag(1, false)));
    keys.emplace_back(std::move(key));
  }
  runtime.charge(items.size() * 16);
  sort_by(items, keys, p.flag(0, false));
  return items;
}

PyValue dictsort(JinjaRuntime&, const PyValue& input, const PyArguments& a) {
  const PyParameters p("dictsort", a, {"case_sensitive", "by", "reverse"});
  const std::string by = p.has(1) ? p.text(1) : "key";
  if (by != "key" && by != "value")
    raise("FilterArgumentError", "You can only sort by either \"key\" or \"value\"");
  if (!input.is_dict()) raise("TypeError", "dictsort takes a dict, not " + input.type_name());
  PyList items, keys;
  for (const auto& [key, value] : input.dict()) {
    items.push_back(PyValue::tuple({key, value}));
    keys.push_back(folded(by == "key" ? key : value, p.flag(0, false)));
  }
  sort_by(items, keys, p.flag(2, false));
  return items;
}

/// Pairs (.grouper, .list) in the order of the keys; a group's key is its first item's own.
PyValue groupby(JinjaRuntime& runtime, const PyValue& input, const PyArguments& a) {
  const PyParameters p("groupby", a, {"attribute", "default", "case_sensitive"}, 1);
  const Path path(p[0]);
  const PyValue fallback = p.value(1, {});
  PyList items = input.iterate(), keys;
  const auto key = [&](const PyValue& item) {
    return folded(path.of(runtime, item, fallback), p.flag(2, false));
  };
  for (const PyValue& item : items) keys.push_back(key(item));
  runtime.charge(items.size() * 16);
  sort_by(items, keys, false);
  PyList out, group;
  for (std::size_t i = 0; i < items.size(); ++i) {
    group.push_back(items[i]);
    if (i + 1 < items.size() && key(items[i]).equals(key(items[i + 1]))) continue;
    PyValue name = path.of(runtime, group[0], fallback);
    out.push_back(PyValue::group(std::move(name), std::exchange(group, {})));
  }
  return out;
}

void check_hashable(const PyValue& value) {
  if (value.is_list() || value.is_dict())
    raise("TypeError", "unhashable type: '" + value.type_name() + "'");
  if (value.is_tuple()) {
    for (const PyValue& item : value.items()) check_hashable(item);
  }
}

PyValue unique(JinjaRuntime& runtime, const PyValue& input, const PyArguments& a) {
  const PyParameters p("unique", a, {"case_sensitive", "attribute"});
  const Path path(p.value(1, {}));
  PyList out, seen;
  for (const PyValue& item : input.iterate()) {
    const PyValue key = folded(path.of(runtime, item), p.flag(0, false));
    runtime.charge(seen.size() + 1);
    check_hashable(key);
    if (PyValue(seen).contains(key)) continue;
    seen.push_back(key);
    out.push_back(item);
  }
  return out;
}

template <int wanted>
PyValue extreme(JinjaRuntime& runtime, const PyValue& input, const PyArguments& a) {
  const PyParameters p("min", a, {"case_sensitive", "attribute"});
  const Path path(p.value(1, {}));
  const PyList items = input.iterate();
  if (items.empty()) return runtime.undefined("No aggregated item, sequence was empty.");
  const auto key = [&](const PyValue& item) {
    return folded(path.of(runtime, item), p.flag(0, false));
  };
  size_t best = 0;
  for (size_t i = 1; i < items.size(); ++i) {
    if (key(items[i]).compare(key(items[best])) == wanted) best = i;
  }
  return items[best];
}

PyValue sum(JinjaRuntime& runtime, const PyValue& input, const PyArguments& a) {
  const PyParameters p("sum", a, {"attribute", "start"});
  const Path path(p.value(0, {}));
  PyValue total = p.value(1, 0);
  if (total.is_string()) raise("TypeError", "sum() can't sum strings [use ''.join(seq) instead]");
  for (const PyValue& item : input.iterate()) {
    runtime.charge(1);
    total = python_binary(runtime, "+", total, path.of(runtime, item));
  }
  return total;
}

PyValue reverse(JinjaRuntime&, const PyValue& input, const PyArguments&) {
  PyList items = input.iterate();
  std::reverse(items.begin(), items.end());
  if (!input.is_string()) return items;
  std::string out;
  for (const PyValue& c : items) out += c.as_string();
  return out;
}

PyValue items(JinjaRuntime& runtime, const PyValue& input, const PyArguments& a) {
  if (input.is_undefined()) return PyList();  // even a strict one
  if (!input.is_dict()) raise("TypeError", "Can only get item pairs from a mapping.");
  return runtime.call(runtime.attribute(input, "items"), a);
}

PyValue batch(JinjaRuntime& runtime, const PyValue& input, const PyArguments& a) {
  const PyParameters p("batch", a, {"linecount", "fill_with"}, 1);
  const int64_t size = p.integer(0, 1);
  if (size < 1 || size > 1'000'000) raise("ValueError", "batch takes a size from 1 to 1,000,000");
  PyList out, row;
  for (const PyValue& item : input.iterate()) {
    if (static_cast<int64_t>(row.size()) == size) out.emplace_back(std::exchange(row, {}));
    row.push_back(item);
  }
  if (!row.empty()) {
    while (p.has(1) && !p[1].is_none() && static_cast<int64_t>(row.size()) < size)
      row.push_back(p[1]);
    runtime.charge(row.size());
    out.emplace_back(std::move(row));
  }
  return out;
}

PyValue slice(JinjaRuntime& runtime, const PyValue& input, const PyArguments& a) {
  const PyParameters p("slice", a, {"slices", "fill_with"}, 1);
  const PyList items = input.iterate();
  const int64_t slices = p.integer(0, 1), n = static_cast<int64_t>(items.size());
  if (slices == 0) raise("ZeroDivisionError", "integer division or modulo by zero");
  if (slices > 1'000'000) raise("ValueError", "slice takes at most 1,000,000 slices");
  runtime.charge(static_cast<size_t>(std::max<int64_t>(slices, 0)) + items.size());
  PyList out;
  auto next = items.begin();
  for (int64_t i = 0; i < slices; ++i) {  // the first ones take what does not divide
    const bool longer = i < n % slices;
    PyList part(next, next + n / slices + longer);
    next += n / slices + longer;
    if (p.has(1) && !p[1].is_none() && !longer) part.push_back(p[1]);
    out.emplace_back(std::move(part));
  }
  return out;
}

PyValue attribute(JinjaRuntime& runtime, const PyValue& input, const PyArguments& a) {
  const std::string name = PyParameters("attr", a, {"name"}, 1)[0].str();
  if (const auto method = python_method(runtime, input, name)) return *method;
  if (input.is_object()) return runtime.attribute(input, name);
  if (input.is_undefined()) raise("UndefinedError", input.undefined_message());
  return runtime.undefined(python_repr(jinja_type_name(input)) + " has no attribute " +
                           python_repr(name));
}

}  // namespace

const JinjaFilters& jinja_sequence_filters() {
  static const JinjaFilters table = {
      {"length", length},
      {"count", length},
      {"list", to_list},
      {"first", first},
      {"last", last},
      {"join", join},
      {"map", map},
      {"select", choose<false, true>},
      {"reject", choose<false, false>},
      {"selectattr", choose<true, true>},
      {"rejectattr", choose<true, false>},
      {"sort", sort},
      {"dictsort", dictsort},
      {"groupby", groupby},
      {"unique", unique},
      {"min", extreme<-1>},
      {"max", extreme<1>},
      {"sum", sum},
      {"reverse", reverse},
      {"items", items},
      {"batch", batch},
      {"slice", slice},
      {"attr", attribute},
  };
  return table;
}

}  // namespace flm
