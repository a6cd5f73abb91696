// Filters on lists, dicts and other iterables. Those that are generators in Jinja are so here:
// their work and their errors come when they are walked over.
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

/// What a call of a Python generator function gives: `begin`, its body, runs when the first element
/// is asked for. `made_of` is what it captures.
PyValue generator(PyList made_of, std::function<PyNext()> begin) {
  auto next = [begin = std::move(begin), next = PyNext()]() mutable {
    if (!next) next = begin();
    return next();
  };
  return PyGenerator{"generator", std::move(next), std::move(made_of)};
}

/// The generator of a filter that walks over `input` unless that is false (none, 0): as Jinja has
/// it, nothing more is looked at then. `body(input, arguments)` gives its walk.
template <class Body>
PyValue generator_of(const PyValue& input, const PyArguments& a, Body body) {
  PyList made_of{input};
  made_of.insert(made_of.end(), a.positional.begin(), a.positional.end());
  for (const auto& keyword : a.keywords) made_of.push_back(keyword.second);
  return generator(std::move(made_of), [input, a, body]() -> PyNext {
    if (!input.truthy()) return PyValue(PyList()).walk();
    return body(input, a);
  });
}

PyValue length(JinjaRuntime&, const PyValue& input, const PyArguments&) { return input.length(); }

PyValue to_list(JinjaRuntime& runtime, const PyValue& input, const PyArguments&) {
  PyList out = input.iterate();
  runtime.charge(out.size());
  return out;
}

PyValue first(JinjaRuntime& runtime, const PyValue& input, const PyArguments&) {
  const auto item = input.walk()();
  return item ? *item : runtime.undefined("No first item, sequence was empty.");
}

PyValue last(JinjaRuntime& runtime, const PyValue& input, const PyArguments&) {
  if (input.is_generator())
    raise("TypeError", "'" + input.type_name() + "' object is not reversible");
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

PyNext mapped_attribute(JinjaRuntime& runtime, const PyValue& input, const PyArguments& a) {
  const auto names_one = [](const auto& keyword) { return keyword.first == "attribute"; };
  if (std::none_of(a.keywords.begin(), a.keywords.end(), names_one))
    raise("FilterArgumentError", "map requires a filter argument");
  const PyParameters p("map", a, {"attribute", "default"}, 1);
  return [&runtime, next = input.walk(), path = Path(p[0]),
          fallback = p.has(1) ? std::optional(p[1]) : std::nullopt]() -> std::optional<PyValue> {
    const auto item = next();
    if (!item) return item;
    runtime.charge(1);
    const PyValue value = path.of(runtime, *item);
    return value.is_undefined() && fallback ? *fallback : value;
  };
}

/// map(attribute="name", default=x) or map("filter", arguments...).
PyValue map(JinjaRuntime& runtime, const PyValue& input, const PyArguments& a) {
  return generator_of(input, a, [&runtime](const PyValue& from, const PyArguments& all) -> PyNext {
    if (all.positional.empty()) return mapped_attribute(runtime, from, all);
    const PyArguments rest{PyList(all.positional.begin() + 1, all.positional.end()), all.keywords};
    return [&runtime, rest, next = from.walk(),
            name = all.positional[0].str()]() -> std::optional<PyValue> {
      const auto item = next();
      if (!item) return item;
      return apply_jinja_filter(runtime, name, *item, rest);
    };
  });
}

/// What select() and its like ask of an item: [attribute,] [test, arguments...].
class Choice {
 public:
  Choice(const PyArguments& a, bool by_attribute)
      : path_(by_attribute ? attribute_of(a) : PyValue()), rest_(a) {
    PyList& left = rest_.positional;
    if (by_attribute) left.erase(left.begin());
    if (left.empty()) return;
    test_ = left[0].str();
    left.erase(left.begin());
  }

  bool holds(JinjaRuntime& runtime, const PyValue& item) const {
    const PyValue value = path_.of(runtime, item);
    return test_ ? apply_jinja_test(runtime, *test_, value, rest_) : value.truthy();
  }

 private:
  static PyValue attribute_of(const PyArguments& a) {
    if (a.positional.empty()) raise("FilterArgumentError", "Missing parameter for attribute name");
    return a.positional[0];
  }

  Path path_;
  std::optional<std::string> test_;
  PyArguments rest_;
};

/// select, reject, selectattr and rejectattr.
template <bool by_attribute, bool wanted>
PyValue choose(JinjaRuntime& runtime, const PyValue& input, const PyArguments& a) {
  return generator_of(input, a, [&runtime](const PyValue& from, const PyArguments& all) -> PyNext {
    return [&runtime, next = from.walk(), choice = Choice(all, by_attribute)] {
      auto item = next();
      for (; item; item = next()) {
        runtime.charge(1);
        if (choice.holds(runtime, *item) == wanted) break;
      }
      return item;
    };
  });
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
  if (input.is_undefined()) raise("UndefinedError", input.undefined_message());
  if (!input.is_dict()) raise("AttributeError", "dictsort takes a dict, not " + input.type_name());
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

PyValue unique(JinjaRuntime& runtime, const PyValue& input, const PyArguments& a) {
  const PyParameters p("unique", a, {"case_sensitive", "attribute"});
  const bool case_sensitive = p.flag(0, false);
  const PyValue attribute = p.value(1, {});
  return generator({input, attribute}, [&runtime, input, attribute, case_sensitive]() -> PyNext {
    return [&runtime, next = input.walk(), path = Path(attribute), case_sensitive,
            seen = PyList()]() mutable {
      auto item = next();
      for (; item; item = next()) {
        const PyValue key = folded(path.of(runtime, *item), case_sensitive);
        runtime.charge(seen.size() + 1);
        key.check_hashable();
        if (std::find(seen.begin(), seen.end(), key) != seen.end()) continue;
        seen.push_back(key);
        break;
      }
      return item;
    };
  });
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

PyList reversible(const PyValue& input) {
  try {
    return input.iterate();
  } catch (const PyError& e) {
    if (e.type() != "TypeError") throw;
    raise("FilterArgumentError", "argument must be iterable: " + input.type_name());
  }
}

/// A text from its end; reversed(x); of what cannot be walked backwards a list.
PyValue reverse(JinjaRuntime&, const PyValue& input, const PyArguments&) {
  PyList items = reversible(input);
  std::reverse(items.begin(), items.end());
  if (input.is_generator()) return items;
  if (!input.is_string()) return PyGenerator{"reversed", PyValue(items).walk(), {input}};
  std::string out;
  for (const PyValue& c : items) out += c.as_string();
  return out;
}

PyValue items(JinjaRuntime& runtime, const PyValue& input, const PyArguments& a) {
  PyParameters("items", a, {});
  return generator({input}, [&runtime, input]() -> PyNext {
    if (input.is_undefined()) return PyValue(PyList()).walk();  // even a strict one
    if (!input.is_dict()) raise("TypeError", "Can only get item pairs from a mapping.");
    return runtime.call(runtime.attribute(input, "items"), {}).walk();
  });
}

PyValue batch(JinjaRuntime& runtime, const PyValue& input, const PyArguments& a) {
  const PyParameters p("batch", a, {"linecount", "fill_with"}, 1);
  const int64_t size = p.integer(0, 1);
  if (size < 1 || size > 1'000'000) raise("ValueError", "batch takes a size from 1 to 1,000,000");
  const PyValue fill = p.value(1, {});
  return generator({input, fill}, [&runtime, input, fill, size]() -> PyNext {
    return [&runtime, next = input.walk(), fill,
            size = static_cast<size_t>(size)]() -> std::optional<PyValue> {
      PyList row;
      while (row.size() < size) {
        auto item = next();
        if (!item) break;
        row.push_back(*std::move(item));
      }
      if (row.empty()) return std::nullopt;
      if (!fill.is_none()) row.resize(size, fill);
      runtime.charge(row.size());
      return row;
    };
  });
}

/// The first ones take what does not divide.
PyList slices_of(JinjaRuntime& runtime, const PyList& items, int64_t slices, const PyValue& fill) {
  const int64_t n = static_cast<int64_t>(items.size());
  if (slices == 0) raise("ZeroDivisionError", "integer division or modulo by zero");
  if (slices > 1'000'000) raise("ValueError", "slice takes at most 1,000,000 slices");
  runtime.charge(static_cast<size_t>(std::max<int64_t>(slices, 0)) + items.size());
  PyList out;
  auto next = items.begin();
  for (int64_t i = 0; i < slices; ++i) {
    const bool longer = i < n % slices;
    PyList part(next, next + n / slices + longer);
    next += n / slices + longer;
    if (!fill.is_none() && !longer) part.push_back(fill);
    out.emplace_back(std::move(part));
  }
  return out;
}

PyValue slice(JinjaRuntime& runtime, const PyValue& input, const PyArguments& a) {
  const PyParameters p("slice", a, {"slices", "fill_with"}, 1);
  const int64_t slices = p.integer(0, 1);
  const PyValue fill = p.value(1, {});
  return generator({input, fill}, [&runtime, input, fill, slices]() -> PyNext {
    return PyValue(slices_of(runtime, input.iterate(), slices, fill)).walk();
  });
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
