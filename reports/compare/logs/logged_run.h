// A run as a comparison sees it, wherever it was logged: our store, a folder of ours, or a folder
// of lm-evaluation-harness.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/documents/json.h"
#include "reports/comparison.h"
#include "reports/statistics/aggregates/aggregate.h"

namespace flm {

/// The first 128 bits of a SHA-256.
struct Digest {
  std::uint64_t high = 0, low = 0;
  auto operator<=>(const Digest&) const = default;
};

/// A document as it was asked: what it is, not where it stands.
struct LoggedItem {
  Digest document, target, prompt, requests;  // requests: continuations, generation arguments
  std::int64_t doc_id = 0;
  std::string cluster;
  std::string problem;                                       // why it has no score; "" = scored
  double margin = std::numeric_limits<double>::quiet_NaN();  // right choice less the best wrong one
  double size = 0;                                           // of its log-likelihoods, the largest
};

/// A metric under one filter; `values` is as long as the task's items, empty where there is none.
struct LoggedMetric {
  std::string metric, filter, aggregation;  // aggregation "": not known
  bool higher_is_better = true;
  std::string metric_json, filter_json;  // their definitions in the task file
  ItemValues values;
  std::optional<double> reported;  // by the run itself, over all of its items
  bool direction_known = true;     // higher_is_better is recorded
  bool beside = false;             // ours, beside the task file's: compared where it is named
};

struct LoggedTask {
  std::string name, alias;
  std::string version_json;
  std::shared_ptr<const Json> config;  // the merged task file
  int num_fewshot = 0;
  std::int64_t documents = 0, chosen = 0;  // of the split, after limit and samples
  std::string spec_hash, data_hash;        // ours; "" elsewhere
  std::vector<LoggedMetric> metrics;       // in the task file's order
  std::vector<LoggedItem> items;
  std::vector<std::string> notes;
  std::string contradiction;    // two answers for one item: which
  bool builtin_sample = false;  // the small sample that stands in for a data set
  bool has_samples = false;     // an item was logged
  bool has_requests = true;     // LoggedItem::requests are filled
  std::function<void(LoggedTask&)> fill_requests = {};  // they are read only where it takes them
};

/// How a group weighs its tasks for one of its metrics.
struct LoggedWeight {
  std::string metric;
  std::vector<std::string> filters;  // empty: every filter
  bool by_size = true;
};

struct LoggedGroup {
  std::string name, alias;
  std::vector<std::string> children;  // tasks and groups
  bool pooled = false;                // it has a figure of its own, beside being a list
  bool weight_by_size = true;         // of metrics that are not among `weights`
  std::vector<LoggedWeight> weights = {};

  bool weighs_by_size(const std::string& metric, const std::string& filter) const;
};

struct LoggedRun {
  ComparedRun about;
  std::string given;                       // as the user named it; "" where it was not typed
  std::shared_ptr<const Json> protocol;    // {"system_instruction": ..., "chat_template": ..., ...}
  std::string model_hash, tokenizer_hash;  // configuration and tokenizer; "" where not recorded
  std::string tokenizer_json;              // what a log tells of the tokenizer
  /// Standard deviation of a log-likelihood of 1 nat under the run's numerics, relative above 1;
  /// null where not recorded.
  std::optional<double> rounding;
  std::vector<LoggedTask> tasks;
  std::vector<LoggedGroup> groups;

  LoggedTask* find(const std::string& task);
  const LoggedGroup* find_group(const std::string& name) const;
  /// The tasks below a group, in order; one that stands in several of its groups comes as often.
  /// UserError for groups that hold themselves.
  std::vector<std::string> leaves(const std::string& group) const;
};

}  // namespace flm
