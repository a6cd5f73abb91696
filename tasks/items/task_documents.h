// The rows of a task: those that are evaluated and those that shots are drawn from.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/documents/json.h"
#include "datasets/dataset.h"
#include "tasks/spec.h"

namespace flm {

/// Columns of the first row; lm-evaluation-harness asks no other.
std::set<std::string> columns_of(const std::vector<Json>& rows);

/// Loaded once, then constant.
class TaskDocuments {
 public:
  /// The pool of shots is read only `with_shots`. UserErrors name data set and split.
  TaskDocuments(const TaskSpec& spec, const DatasetCatalog& catalog, bool with_shots);

  const std::vector<Json>& rows() const { return docs_->rows; }
  const Json& row(std::int64_t id) const;
  const std::vector<Json>& pool() const { return pool_ ? pool_->rows : no_rows_; }
  bool pool_is_evaluated() const { return same_split_; }  // a document must not be its own shot
  bool builtin_sample() const { return docs_->builtin_sample; }
  const std::string& sha256() const { return sha256_; }  // of everything that was read

 private:
  std::shared_ptr<const DatasetSplit> split(const TaskSpec& spec, const DatasetCatalog& catalog,
                                            const std::string& name,
                                            const RowsFunction& process) const;
  void load_pool(const TaskSpec& spec, const DatasetCatalog& catalog);

  std::shared_ptr<const DatasetSplit> docs_;
  std::shared_ptr<const DatasetSplit> pool_;  // docs_ where the shots come from the same rows
  std::vector<Json> no_rows_;
  bool same_split_ = false;
  std::string sha256_;
};

}  // namespace flm
