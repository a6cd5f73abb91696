#include "harness/run/compute.h"

#include <nlohmann/json.hpp>
#include <span>

#include "harness/model/engine_speed.h"
#include "harness/process/interrupt.h"

namespace flm {
namespace {

std::vector<ScoreRequest> pick(const std::vector<ScoreRequest>& all,
                               const std::vector<std::size_t>& chosen) {
  std::vector<ScoreRequest> out;
  for (std::size_t index : chosen) out.push_back(all[index]);
  return out;
}

}  // namespace

RunComputation::RunComputation(StartedRun& run, Progress& progress)
    : run_(run),
      progress_(progress),
      recorder_(*run.store, run.plan, run.record.id, run.folder, progress),
      answers_(
          run.plan, run.record, *run.store, run.options.run.fresh ? Reuse::kOwn : Reuse::kStored,
          run.tokenizer.get(), run.engine ? run.engine->info().max_length : 0,
          [this](const PlannedTask& task, const PlannedItem& item) { recorder_.add(task, item); }) {
}

bool RunComputation::compute() {
  record_unasked();
  if (run_.engine) answers_.take_stored(progress_);
  recorder_.commit();
  const bool computed = score() && generate();
  recorder_.finish();
  if (run_.engine) {
    add_what_it_cost();  // before verification runs requests again
    note_operation_times(*run_.engine, run_.options.model, progress_);
  }
  // A stop during the last batch, which was finished, left nothing out.
  return (computed || items_done() == items_total()) && recorder_.all_put();
}

/// Items that wait for no request: flagged and failed ones, and all of a replay.
void RunComputation::record_unasked() {
  for (PlannedTask& task : run_.plan.tasks) {
    for (PlannedItem& item : task.items) {
      if (run_.replay && item.status == "ok") run_.replay->answer(task.task->name(), item);
      if (item.waiting == 0) recorder_.add(task, item);
    }
  }
}

/// False: interrupted.
bool RunComputation::score() {
  const std::vector<std::size_t>& left = answers_.scores_left();
  if (left.empty()) return true;
  const std::vector<ScoreRequest>& all = run_.plan.scores;
  std::vector<ScoreRequest> some;  // a copy only where others are answered already
  if (left.size() < all.size()) some = pick(all, left);
  return run_.engine->score(
      std::span<const ScoreRequest>(some.empty() ? all : some),
      [&](std::size_t i, ScoreResult&& result) { answers_.put_score(left[i], result); },
      [&] { recorder_.commit(); }, interrupt_flag());
}

/// False: interrupted.
bool RunComputation::generate() {
  const std::vector<std::size_t>& left = answers_.generations_left();
  if (left.empty()) return true;
  std::vector<GenerateRequest> requests;
  for (std::size_t index : left) requests.push_back(answers_.generation(index));
  const bool complete = run_.engine->generate(
      requests, *run_.tokenizer,
      [&](std::size_t i, GenerateResult&& result) { answers_.put_generation(left[i], result); },
      // One step after the other: not a flush to the disk for each.
      [&] { recorder_.commit_unless_recent(); }, interrupt_flag());
  recorder_.commit();
  return complete;
}

void RunComputation::add_what_it_cost() {
  const EngineCounters counters = run_.engine->counters();
  Json cost = parse_json(run_.record.cost_json, "cost");
  const auto add = [&](const char* key, auto more) {  // to what it took before it was resumed
    cost[key] = cost.value(key, decltype(more){}) + more;
  };
  add("rows_really_computed", counters.rows_computed);
  add("generated_tokens", counters.generated_tokens);
  add("seconds", counters.seconds);
  if (!cost.contains("responses_from_store"))  // those that it found are its own by now
    cost["responses_from_store"] = answers_.from_store();
  cost["weight_bytes"] = run_.engine->info().weight_bytes;
  cost["weight_bytes_read"] = counters.weight_bytes_read;  // by the processes of this beginning
  run_.record.cost_json = compact_json(cost);
}

void end_run(StartedRun& run, bool complete) {
  run.record.status = complete ? "done" : "interrupted";
  run.store->update_run(run.record);
  run.store->commit();
}

}  // namespace flm
