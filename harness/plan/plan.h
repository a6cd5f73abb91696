// What a run will ask and whose answers these are, as plain data. render.h makes it from the
// tasks' documents, tokenize.h adds the requests to the engine.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "harness/plan/protocol.h"
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

}  // namespace flm
