// What people read of a row beside its figures.
#pragma once

#include <cstddef>
#include <string>

#include "reports/report.h"

namespace flm {

/// A task by its alias below its group, which says what the alias leaves out, and by its own name
/// where it stands alone: `anatomy` is mmlu_anatomy then.
std::string row_name(const std::string& name, const std::string& alias, int depth, bool is_group);
/// Of a row of a report, or of a comparison.
template <class Row>
std::string row_name(const Row& row) {
  return row_name(row.name, row.alias, row.depth, row.is_group);
}

/// 1.0, or Yaml: a text without the quotes of JSON; "null" where the task has none.
std::string version_text(const TaskRecord& task);

/// "5"; of a group whose tasks differ "0-5"; "" of one without tasks.
std::string row_shots(const Report& report, std::size_t index);

/// "exact_match (strict) ↑": a metric with its filter, where there is one ("" and "none" are none),
/// and the way that is better.
std::string metric_label(const std::string& name, const std::string& filter, bool higher_is_better);

}  // namespace flm
