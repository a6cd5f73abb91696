// What the command line says, as plain data. Names follow the flags (docs/command-line.md).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "harness/cli/lm_eval/flags.h"

namespace flm {

struct ModelFlags {
  std::string model;  // folder, ORG/NAME, synthetic:..., replay:..., or "hf" with model_args
  std::vector<std::string> model_args;  // lm-evaluation-harness's pretrained=DIR,dtype=float32,...
  std::string device = "auto";
  std::string precision = "auto";
  int threads = 0;
  double memory = 0;               // GiB
  double host_memory = 0;          // GiB
  int tensor_parallel = 1;         // ranks of a replica
  int data_parallel = 0;           // replicas; 0: one for each device, or for each group of ranks
  int pipeline_parallel = 0;       // stages of a replica; 0: as the devices want it
  std::string placement = "auto";  // of weights: resident, spread, streamed
  int max_length = 0;
  std::string over_long = "flag";  // flag, truncate-left
  std::string tokenizer;           // folder, "" = the model's
  std::string model_config;        // folder of config.json and tokenizer, "" = the model's
  std::string weights = "auto";    // 16bit, fp32
  std::string add_bos_token = "auto";
  bool time_operations = false;
  double grace = 30;                       // seconds from a signal to the end
  std::shared_ptr<Nodes> nodes = nullptr;  // of the job: not typed, the launcher's
};

struct TaskFlags {
  std::string tasks;
  std::string include_path;
  bool accept_native_functions = false;  // also for Python files that they do not stand in for
  std::optional<int> num_fewshot;
  double limit = 0;  // 0: all; below 1: that share
  std::string samples;
  std::uint64_t seed = 1234;
  std::string data;
  std::string apply_chat_template;  // "" = off; true: the tokenizer's own; else one of its names
  std::optional<bool> fewshot_as_multiturn;  // not given: where a chat template is applied
  std::string system_instruction;
  std::optional<int> bpb_context, bpb_stride;
  std::string bpb_window, prefix_token;  // "" = the task's
  std::vector<std::string> gen_kwargs;
  bool predict_only = false;       // answers are logged, nothing is scored
  std::string bpb_mixture;         // file, "" = the built-in mixtures only
  std::string chat_date;           // what a chat template's strftime_now() prints; "" = now
  std::string chat_template_args;  // JSON, "" = none
};

struct RunFlags {
  std::string store = "flmeval.db";
  std::string output;       // "" = runs/ID
  std::string output_path;  // lm-evaluation-harness's layout besides; "" = none
  std::string name;
  std::string resume;
  std::string again;                // a stored run that is asked once more, as a run of its own
  bool overwrite = false;           // --output may be a folder of something else
  std::vector<std::string> models;  // --model, as often as given; globs as typed
  bool fresh = false;
  bool log_samples = true;
  std::string log_prompts = "default";
  std::string html_samples = "fit";
  double verify = 0;
  std::vector<std::string> verify_against;  // empty, or BACKEND and SHARE
  bool unsafe_code_execution = false;
  std::string code_verdicts, export_code;  // JSONL files of generated code
  bool json = false;
};

struct CompareFlags {
  std::vector<std::string> tasks;  // names or groups; empty: all
  std::string metric;              // METRIC or METRIC,FILTER
  std::string reference;           // which run the others are held against; "" = the first
  std::string format = "text";     // a comparison view
  bool all = false, raw = false;
  std::optional<int> flips;
};

struct GateFlags {
  bool explain = false, github = false;
  std::string junit;   // file; "" = none
  std::string series;  // in place of two runs; "" = none
};

struct TrackFlags {
  std::vector<std::string> series;  // [NAME=]GLOB or [NAME=]FOLDER
  std::vector<std::string> logs;    // [SERIES=]FILE of the trainer
  std::string loss_key;             // "" = the log's format's
  std::string axis = "steps";       // steps, tokens, flops, time
  double tokens_per_step = 0;       // 0: not given
  bool watch = false, keep_up = false;
  double settle = 30;                 // seconds without a write before a checkpoint is taken
  std::string order = "oldest";       // newest, oldest
  std::string until;                  // STEP or idle:MINUTES; "" = for ever
  std::vector<std::string> by;        // coordinates of a sweep
  std::optional<double> extrapolate;  // to this place on the axis
  double smooth = 0;                  // width of a window over the axis; 0: off
  std::string tensorboard;            // folder; "" = none
};

/// One flag as typed: its listed name and its values ("true" or "false" where it takes none).
struct TypedFlag {
  std::string name;  // --limit
  std::vector<std::string> values;
  bool operator==(const TypedFlag&) const = default;
};

/// The one of this name; null where it was not typed.
const TypedFlag* find_typed(const std::vector<TypedFlag>& flags, const std::string& name);

/// Everything that a subcommand may need; each uses its part.
struct Options {
  ModelFlags model;
  TaskFlags task;
  RunFlags run;
  CompareFlags comparison;
  GateFlags gate;
  TrackFlags track;
  bool quiet = false;
  bool json = false;
  std::vector<TypedFlag> typed;  // each flag once, in the order of --help
  LmEvalTyped lm_eval;

  std::string text, tokens_file;  // score, tokenize
  std::string text_file;
  int top = 0;
  std::string prompt, prompts_file;  // generate
  GenerateRequest generation;
  bool ignore_eos = false;
  std::optional<std::int64_t> doc;    // show
  bool files_only = false;            // tasks validate: no data
  std::string kind;                   // tasks list: task, group or tag; "" = all
  std::string action;                 // tasks, data, model, report: what to do
  std::vector<std::string> operands;  // runs, files, folders
  std::string format;                 // report
  bool all = false;                   // report: rows below groups too; runs: all of them
  std::optional<int> digits;          // report: after the point
  bool percent = false;               // report: shares in percent
  std::string color = "auto";         // auto, always or never: of what people read on stdout
  bool wrong = false;                 // show: items that the run got wrong
  std::string against;                // model verify: another folder
  std::string gpus;                   // plan: [NODESx]GPUSxPART that are not here
  std::string published;              // report: reference figures beside the run's
};

}  // namespace flm
