// What evaluation, filters, tests and methods of templates share.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/jinja/template.h"
#include "tasks/python/arguments.h"
#include "tasks/python/value.h"
#include "tasks/python/work_meter.h"

namespace flm {

/// Attribute and item access, and the work limit of one rendering.
class JinjaRuntime : public PyWorkMeter {
 public:
  explicit JinjaRuntime(const JinjaTemplate::Options& options) : options_(options) {}
  virtual ~JinjaRuntime() = default;

  /// Counts work (steps, bytes, items); RuntimeError beyond the limit, so that no template runs for
  /// ever.
  void charge(std::size_t amount) final;

  PyValue undefined(const std::string& message) const;
  /// a.name: methods and attributes before keys.
  PyValue attribute(const PyValue& object, const std::string& name);
  /// a[key]: items and keys before methods.
  PyValue item(const PyValue& object, const PyValue& key);
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

/// "'str object'" and the like, as Jinja names types in its messages.
std::string jinja_type_name(const PyValue& value);

}  // namespace flm
