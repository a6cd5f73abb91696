// What the harness needs of a task: its documents' requests in text, and the value of their
// answers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/documents/json.h"

namespace flm {

class CodeJudge;

enum class RequestKind { kLoglikelihood, kRolling, kGenerate };

struct GenerationOptions {
  std::vector<std::string> until;
  int max_new_tokens = 256;
  bool do_sample = false;
  double temperature = 0;
  int top_k = 0;
  double top_p = 1;
  double repetition_penalty = 1;
  std::string as_json;  // lm-evaluation-harness's gen_kwargs as logged, one line of JSON
};

/// One request of a document, in text.
struct TaskRequest {
  RequestKind kind = RequestKind::kLoglikelihood;
  std::string context;       // rolling: the text itself
  std::string continuation;  // log-likelihood: with its delimiter
  GenerationOptions generation;
  int repeats = 1;  // generation
};

/// A document with everything rendered. Hashes as in lm-evaluation-harness's sample log.
struct TaskItem {
  std::int64_t doc_id = 0;
  std::string doc_json;           // json.dumps(doc, indent=2, ensure_ascii=False)
  std::string target;             // Python's str(target)
  std::vector<std::size_t> gold;  // the choices that count as right; of no choice task, and where a
                                  // function of the task file's own finds them: none
  std::string doc_hash, prompt_hash, target_hash;
  std::vector<std::int64_t> fewshot_ids;  // rows of the few-shot pool, in order
  std::vector<TaskRequest> requests;
  std::string cluster;  // subject, passage or document group, for clustered errors; "" = none
  std::string error;    // why it cannot be asked (no requests then); "" = it can
  std::string remark;   // why no answer can be right; "" = one can
};

/// What came back for one request.
struct RequestAnswer {
  double logprob = 0;  // sum over the continuation or the rolling text, nats
  bool is_greedy = false;
  std::int64_t tokens = 0;          // scored tokens
  std::int64_t excluded_bytes = 0;  // BPB with prefix none: bytes of the first token
  std::vector<std::string> texts;   // generation: one a repeat
  std::optional<int> cut;           // of the texts, those that the limit ended; null: unknown
};

/// The values of one document under one filter. A value is one number, or a pair (or more) where
/// the aggregation needs them: bits_per_byte {logprob, bytes}, f1 {gold, predicted} ...
struct ItemScore {
  std::string filter;
  std::string filtered_json;  // filtered_resps as lm-evaluation-harness logs them
  std::vector<std::pair<std::string, std::vector<double>>> metrics;
  std::string verdicts_json;  // [{"verdict", "detail"}, ...] where generated code ran; "" = none
  std::string reference;      // the choice that a text was measured by (bleu); "" = the target
  std::size_t choices = 0;    // of which the answer is one; 0: not known, or none are given
  std::size_t right_choices = 0;  // of them, that count as right
};

struct MetricInfo {
  std::string filter, metric;
  std::string
      aggregation;  // name: mean, perplexity, weighted_perplexity, bits_per_byte, median, ...
  bool higher_is_better = true;
  bool beside = false;  // ours, beside what the task file asks for
};

/// The BPB protocol of a task (docs/architecture.md), where its task file asks for one.
struct BpbProtocol {
  std::optional<int> context, stride;  // null: the model's, half of it
  std::string window = "stride";       // stride, rolling, packed
  std::string prefix = "auto";         // auto, bos, eos, none, tokenizer, or an id
};

struct ChatOptions {
  std::string chat_template;                          // "" = off
  std::map<std::string, std::string> special_tokens;  // "bos_token" and so on: the text
  bool fewshot_as_multiturn = false;
  std::string date;  // of strftime_now(): 2026-11-24T21:30:13, or 2026-11-24; "" = no such function
  std::string arguments_json;  // more names for the template: {"enable_thinking": false}; "" = none
};

/// One leaf task, its data loaded. Thread-safe after construction.
class Task {
 public:
  virtual ~Task() = default;
  virtual const std::string& name() const = 0;
  virtual const std::string& alias() const = 0;
  virtual std::string version() const = 0;  // as JSON: 1.0 or "1.0"
  virtual std::string output_type() const = 0;
  virtual int num_fewshot() const = 0;          // lm-evaluation-harness's n-shot: what is asked for
  virtual std::string config_json() const = 0;  // the merged task file
  virtual std::string spec_hash() const = 0;    // content hash of the merged task file
  virtual std::string data_hash() const = 0;  // SHA-256 of the rows read (evaluation and few-shot)
  virtual bool builtin_sample() const = 0;    // the data are the small built-in ones
  virtual std::vector<MetricInfo> metrics() const = 0;
  virtual std::optional<BpbProtocol> bpb() const = 0;
  virtual bool runs_code() const { return false; }  // score() runs what the model wrote
  virtual std::int64_t doc_count() const = 0;       // of the evaluated split, before limit
  /// The chosen documents in order (few-shot draws depend on the order). All requests rendered; one
  /// that cannot be has its error. UserError where none of them can.
  virtual std::vector<TaskItem> items(std::span<const std::int64_t> doc_ids) const = 0;
  /// Filters and metrics of one document; answers[i] belongs to item.requests[i]. UserError that
  /// names task and document.
  virtual std::vector<ItemScore> score(const TaskItem& item,
                                       std::span<const RequestAnswer> answers) const = 0;
};

struct GroupMetric {
  std::string metric;
  std::vector<std::string> filters;  // empty: every filter of the leaves
  bool weight_by_size = true;
  std::string where;  // FILE:line, "" where no file says it
  bool operator==(const GroupMetric&) const = default;
};

/// Weights over the leaves of bits-per-byte groups; they need not sum to 1.
struct BpbMixture {
  std::string name, source;
  std::vector<std::pair<std::string, double>> weights;  // leaf task, weight above 0
  bool operator==(const BpbMixture&) const = default;
};

/// A group of the selection, parents before children.
struct TaskGroup {
  std::string name, alias;
  std::string version;                // JSON or ""
  std::vector<std::string> children;  // direct: tasks and groups, in order, each once
  std::vector<std::string> leaves;    // those of every child in turn: one of two children is twice
  std::vector<GroupMetric> metrics;
  std::vector<BpbMixture> mixtures;  // of bits-per-byte groups
  bool operator==(const TaskGroup&) const = default;
};

struct TaskOptions {
  std::vector<std::string> tasks;  // names, groups, tags, suites, FILE.yaml, folders
  std::string include_path;        // "" = none
  std::string data_root;           // "" = FLMEVAL_DATA is looked up by harness/; built-in samples
  std::optional<int> num_fewshot;
  std::uint64_t seed = 1234;
  std::vector<std::string> gen_kwargs;   // see parse_generation_overrides
  bool predict_only = false;             // answers only: bypass (999) in place of every metric
  bool accept_native_functions = false;  // also for a Python file that they do not stand in for
  std::string system_instruction;
  std::string bpb_mixture;  // file of mixtures beside the built-in ones; "" = none
  ChatOptions chat;
  std::shared_ptr<const CodeJudge> judge;  // of generated code; null: its tasks cannot be scored
};

struct TaskSelection {
  std::vector<std::shared_ptr<const Task>> tasks;  // leaves, in order, each once
  std::vector<TaskGroup> groups;
  std::vector<std::string> notes;   // of task files: what a user should know, one line each
  std::vector<std::string> copies;  // data sets of which a copy that differs was read
  std::vector<std::string>
      substitutes;  // of data sets that are another text: what to do, a line each
};

/// Loads task files and data. Unknown names list the nearest known ones.
TaskSelection load_tasks(const TaskOptions& options);

/// For `flmeval tasks list`: every known name. UserError for a group that holds itself.
struct KnownTask {
  std::string name, kind;  // kind: task, group, tag
  std::string description, file;
};
std::vector<KnownTask> known_tasks(const std::string& include_path);

/// Checks task files; every finding as "FILE:line: message".
std::vector<std::string> validate_task_file(const std::string& path, const std::string& data_root,
                                            const std::string& include_path = "",
                                            bool accept_native_functions = false);

/// Windows of a text for BPB: inputs are x[input_begin, input_end) of x = [prefix] + ids, and the
/// scored ids are ids[score_begin, score_end) (the last ones that the window predicts).
struct TextWindow {
  std::int64_t input_begin, input_end, score_begin, score_end;
};
/// lm-evaluation-harness's get_rolling_token_windows + make_disjoint_window, context_len 1.
std::vector<TextWindow> rolling_windows(std::int64_t tokens, int max_length);
/// Windows every `stride` inputs, each scoring what no earlier one scored. has_prefix
/// false: x = ids, the first id is not scored.
std::vector<TextWindow> stride_windows(std::int64_t tokens, int context, int stride,
                                       bool has_prefix);

}  // namespace flm
