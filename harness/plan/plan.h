// Room 4: spec x row -> requests with stable ids; over-long items are flagged here.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/progress.h"
#include "harness/cli/options.h"
#include "harness/plan/request_tokens.h"
#include "tasks/task.h"

namespace flm {

/// One document on its way: what came back so far, and what it still waits for.
struct PlannedItem {
  TaskItem item;
  std::vector<RequestAnswer> answers;  // [item.requests]
  int waiting = 0;                     // engine requests without a result
  std::string status = "ok", message;  // ok, over_long, error
};

struct PlannedTask {
  std::shared_ptr<const Task> task;
  std::vector<std::int64_t> doc_ids;
  std::vector<PlannedItem> items;
  std::optional<ResolvedBpb> bpb;
  std::int64_t longest = 0;  // model inputs of the longest request
};

/// Where the result of an engine request belongs.
struct RequestHome {
  std::uint32_t task = 0, item = 0, request = 0, repeat = 0;
};

/// Seconds that the stages of planning took.
struct PlanSeconds {
  double load = 0, render = 0, tokenize = 0;
};

struct RunPlan {
  TaskSelection selection;
  std::vector<PlannedTask> tasks;
  std::vector<ScoreRequest> scores;
  std::vector<RequestHome> score_homes;
  std::vector<GenerateRequest> generations;
  std::vector<RequestHome> generation_homes;
  PlanSeconds seconds;
  std::size_t bytes_encoded = 0;  // of text that the tokenizer really ran on
};

/// Tasks with their documents chosen and rendered, not yet tokenized (all that `show` and `replay:`
/// need). `tokenizer` gives the chat template; may be null where none is asked for.
/// `judge` scores generated code; null where nothing is scored.
RunPlan render_plan(const TaskFlags& flags, const Tokenizer* tokenizer, Progress& progress,
                    std::shared_ptr<const CodeJudge> judge = nullptr);

/// Adds the engine requests of every item, in parallel over items; text that repeats is encoded
/// once a thread.
void tokenize_plan(RunPlan& plan, const TaskFlags& flags, const ModelFlags& model,
                   const Tokenizer& tokenizer, int max_length, int threads, Progress& progress);

/// What of the flags changes figures besides tasks and model; its hash is the protocol hash.
std::string protocol_json(const TaskFlags& flags, const ModelFlags& model,
                          const Tokenizer* tokenizer, int max_length);

}  // namespace flm
