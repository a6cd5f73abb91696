// What evaluation, filters, tests and methods of templates share.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/jinja/template.h"
#include "tasks/python/value.h"

namespace flm {

/// Attribute and item access, and the work limit of one rendering.
class JinjaRuntime {
 public:
  explicit JinjaRuntime(const JinjaTemplate::Options& options) : options_(options) {}
  virtual ~JinjaRuntime() = default;

  /// Counts work (steps, bytes, items); RuntimeError beyond the limit, so that no template runs for
  /// ever.
  void charge(std::size_t amount);

  PyValue undefined(const std::string& message) const;
  /// a.name: methods and attributes before keys.
  PyValue attribute(const PyValue& object, const std::string& name);
  /// a[key]: items and keys before methods.
  PyValue item(const PyValue& object, const PyValue& key);
  /// a[start:stop:step]; None where absent.
  PyValue slice(const PyValue& object, const PyValue& start, const PyValue& stop,
                const PyValue& step);
  /// a OP b for + - * / // % **.
  PyValue binary(const std::string& op, const PyValue& a, const PyValue& b);
  PyValue negative(const PyValue& a);
  PyValue call(const PyValue& function, const PyArguments& arguments);

  const JinjaTemplate::Options& options() const { return options_; }

 private:
  const JinjaTemplate::Options& options_;
  std::size_t work_ = 0;
};

bool is_jinja_filter(std::string_view name);
bool is_jinja_test(std::string_view name);
PyValue apply_jinja_filter(JinjaRuntime& runtime, const std::string& name, const PyValue& input,
                           const PyArguments& arguments);
bool apply_jinja_test(JinjaRuntime& runtime, const std::string& name, const PyValue& value,
                      const PyArguments& arguments);

/// The bound method of a str, list, tuple, dict or number, if it has one of this name.
std::optional<PyValue> find_method(JinjaRuntime& runtime, const PyValue& object,
                                   const std::string& name);

/// Arguments matched to parameter names; TypeError for too many, unknown or repeated ones.
class PyParameters {
 public:
  PyParameters(const std::string& function, const PyArguments& arguments,
               std::vector<std::string> names, std::size_t required = 0);
  bool has(std::size_t i) const { return values_[i].has_value(); }
  const PyValue& operator[](std::size_t i) const { return *values_[i]; }
  /// A given argument, or `fallback`.
  PyValue value(std::size_t i, PyValue fallback) const {
    return has(i) ? *values_[i] : std::move(fallback);
  }
  bool flag(std::size_t i, bool fallback) const { return has(i) ? values_[i]->truthy() : fallback; }
  std::int64_t integer(std::size_t i, std::int64_t fallback) const;
  /// TypeError unless a str.
  const std::string& text(std::size_t i) const;

 private:
  std::string function_;
  std::vector<std::optional<PyValue>> values_;
};

/// HTML-escaped text (& < > " ').
std::string jinja_escape(std::string_view text);

/// "'str object'" and the like, as Jinja names types in its messages.
std::string jinja_type_name(const PyValue& value);

/// `template % values` and template.format(...) of Python.
std::string python_percent_format(std::string_view format, const PyValue& values);
std::string python_brace_format(std::string_view format, const PyArguments& arguments);

}  // namespace flm
