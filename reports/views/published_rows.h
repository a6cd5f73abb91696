// Published figures beside a run's own: reference data with their source, marked where the protocol
// is another.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/report.h"

namespace flm {

/// One benchmark of a published table and the task of ours that stands beside it.
struct PublishedColumn {
  std::string name, task, metric, filter;  // task "" = none; filter "" = any
  std::optional<int> shots;
  std::string reason;  // why the figures cannot be compared, beyond the table's reason
};

struct PublishedModel {
  std::string name;
  std::vector<double> values;  // one a column
};

struct PublishedTable {
  std::string title, unit, reason, source;  // unit: percent or bits per byte
  std::vector<PublishedColumn> columns;
  std::vector<PublishedModel> rows;
};

/// A file datasets/published/NAME.yaml. UserError FILE:line where it is malformed.
std::vector<PublishedTable> read_published(const std::string& path);

/// Markdown: a table for each published one of which the run has a benchmark, and why the figures
/// are not comparable; a line where there is none. "" for no tables.
std::string render_published(const Report& report, const std::vector<PublishedTable>& tables);

}  // namespace flm
