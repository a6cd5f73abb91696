// The record of a run: what is stored, and the only thing that reports are made of.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace flm {

struct RunRecord {
  std::string id;            // 2026-11-24T20-30-13-1f2e3d
  std::string name;          // --name
  std::string created;       // UTC
  std::string status;        // running, done, interrupted
  std::string model;         // as given
  std::string options_json;  // everything that determines the run
  std::string
      fingerprint;  // hash of what determines the figures: a run with an equal one can be resumed
  std::string weights_hash, tokenizer_hash, protocol_hash, numerics, numerics_hash;
  std::string engine_json;       // EngineInfo, for the report
  std::string environment_json;  // program version, machine, libraries
  std::string
      cost_json;  // requests, tokens_submitted, rows_unique, rows_computed, flops, bytes_peak, ...
  std::string groups_json;  // of the selection: GroupRecord
  std::string store;        // the file that it was read from; "" where it was not
};

/// A metric of a task as records know it.
struct MetricRecord {
  std::string filter, metric, aggregation;
  bool higher_is_better = true;
  bool beside =
      false;  // ours, beside what the task file asks for: not in lm-eval's keys and tables
};

/// The metric of ours that stands on every sample of a generative task: the share of its answers
/// that the limit on new tokens ended. Such an answer is neither right nor wrong: it is not
/// finished.
inline constexpr const char* kCutAnswers = "cut_answers";

/// No metric, but on every sample whose answer is one of several choices: how many there are, and
/// how many of them count as right.
inline constexpr const char* kChoiceCounts = "choice_counts";

struct TaskRecord {
  std::string task, alias;
  std::string version_json;  // 1.0, "2", null
  std::string config_json;   // merged task file
  std::string output_type;
  int num_fewshot = 0;
  std::int64_t docs_total = 0;                     // of the split (n-samples original)
  std::int64_t docs_chosen = 0;                    // after limit and samples (effective)
  std::string data_hash, spec_hash, prompts_hash;  // prompts_hash over all prompt hashes in order
  bool builtin_sample = false;
  std::vector<MetricRecord> metrics;
};

/// One document under one filter. `values` has one number, or several where the aggregation needs
/// them.
struct SampleRecord {
  std::string task;
  std::int64_t doc_id = 0;
  int filter_index = 0;
  std::string filter;
  std::string status = "ok";  // ok, unanswerable (scored, but no answer is right), over_long, error
  std::string message;        // why it is not ok; where code ran, its verdicts as JSON
  std::string doc_json, target;
  std::string reference;  // what texts are measured by (bleu) where the target is the number of a
                          // choice: that choice
  std::string
      arguments_json;  // [[arg_0, arg_1], ...] in full; the log-prompts policy is applied on export
  std::string resps_json, filtered_json;
  std::string doc_hash, prompt_hash, target_hash;
  std::string cluster;
  std::vector<std::pair<std::string, std::vector<double>>> values;
  std::shared_ptr<const std::string> place;  // "run ID in FILE", where it was read from one
  bool scored() const { return status == "ok" || status == "unanswerable"; }
  /// The values of a metric; null where the sample has none of it.
  const std::vector<double>* values_of(const std::string& metric) const {
    for (const auto& [name, numbers] : values)
      if (name == metric) return &numbers;
    return nullptr;
  }
};

/// One checkpoint of a series: where it was found and what became of it. Points are told apart by
/// (series, path, run): a checkpoint that waits or failed has no run, and stands once.
struct PointRecord {
  std::string series;      // its name: the glob or folder as typed, or --name
  std::string checkpoint;  // iter_0000040
  std::string path;        // absolute
  std::string layout;      // hf, megatron-torch, ...
  std::int64_t step = 0;
  std::string tokens, tokens_source;  // decimal, "" where unknown; checkpoint, log, assumed
  std::string flops, flops_source;    // the same; trainer, 6 N tokens
  std::string state;   // scored, incomplete, broken, refused, failed, deleted, changed, skipped
  std::string reason;  // why it is not scored
  std::string run;     // id of the run that holds its samples; "" where there is none
  std::string weights_hash;
  std::string written;  // of its newest file, ns since the epoch, decimal
  std::string noted;    // UTC of this entry
  int tries = 0;
};

/// The last sign of life of the process that computes a run, and how far it was.
struct HeartbeatRecord {
  std::string run;
  std::string at;    // UTC
  std::string what;  // "scoring tokens"; "" before anything is computed
  std::int64_t done = 0, total = 0;
};

struct GroupMetricRecord {
  std::string metric;
  std::vector<std::string> filters;  // empty: every filter
  bool weight_by_size = true;

  bool is_of(const std::string& a_metric, const std::string& filter) const {
    return metric == a_metric &&
           (filters.empty() || std::find(filters.begin(), filters.end(), filter) != filters.end());
  }
};

/// Weights over the leaves of a bits-per-byte group; they need not sum to 1.
struct MixtureRecord {
  std::string name, source;
  std::vector<std::pair<std::string, double>> weights;
};

/// Group of the run, as put into RunRecord::groups_json by encode_groups().
struct GroupRecord {
  std::string name, alias, version_json;
  std::vector<std::string> children, leaves;
  std::vector<GroupMetricRecord> metrics;
  std::vector<MixtureRecord> mixtures = {};
};

}  // namespace flm
