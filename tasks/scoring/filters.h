// Response filters as pipelines, with lm-evaluation-harness's meaning.
#pragma once

#include <string>
#include <vector>

#include "tasks/python/regex.h"
#include "tasks/spec.h"

namespace flm {

/// regex_pattern of a filter that names none.
inline constexpr const char* kDefaultPattern = "#### (\\-?[0-9\\.\\,]+)";

/// The filter functions that a task file may name, but for custom.
std::vector<std::string> filter_functions();

/// The arguments that one of them takes.
const std::vector<std::string>& filter_arguments(const std::string& function);

/// A compiled pipeline; const and thread-safe. The value that flows is a list of responses until a
/// step takes one of them.
class Filter {
 public:
  explicit Filter(const FilterPipeline& pipeline);
  const std::string& name() const { return name_; }

  /// `responses`: one text a repeat; `document`: its row (native filters, and multi_choice_regex,
  /// which reads the column choices).
  PyValue apply(const std::vector<std::string>& responses, const PyValue& document) const;

 private:
  struct Step {
    FilterStep spec;
    std::vector<PythonRegex> regexes;  // [0] the pattern, then regexes_to_ignore
  };
  static PyValue run(const Step& step, PyValue value, const PyValue& document);

  std::string name_;
  std::vector<Step> steps_;
};

}  // namespace flm
