// --model replay:FILE[,FILE]: answers from logged samples instead of a model.
#pragma once

#include <memory>
#include <string>

#include "harness/plan/plan.h"

namespace flm {

struct ReplayedLine;

/// Logged answers by (task, doc_id): lm-evaluation-harness's samples_TASK_*.jsonl[.gz] and the
/// records of conformance/lm-eval. A folder stands for the samples_*.jsonl[.gz] in it. Immutable
/// after reading.
class ReplayLog {
 public:
  explicit ReplayLog(const std::string& spec);  // replay:FILE|FOLDER[,…]
  ~ReplayLog();

  /// Fills the item's answers, or its status where the log says that it has none. A request that
  /// the log lacks, or whose prompt or continuation differs, is a UserError that names it.
  void answer(const std::string& task, PlannedItem& item) const;

  /// Whether the log has a prompt of this document to compare with; true where it lacks the
  /// document.
  bool has_prompt(const std::string& task, std::int64_t doc_id) const;

  /// SHA-256 over the files: stands where a model has its weights hash.
  const std::string& hash() const { return hash_; }

 private:
  struct State;
  void read(const std::string& path, std::string bytes);
  std::string what_is_there(const std::string& task) const;
  void keep(ReplayedLine line);
  std::unique_ptr<State> state_;
  std::string hash_;
};

}  // namespace flm
