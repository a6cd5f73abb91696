#include "harness/run/run.h"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <span>

#include "harness/cli/exit_code.h"
#include "harness/cli/interrupt.h"
#include "harness/cli/jsonl.h"
#include "harness/cli/terminal_size.h"
#include "harness/model/engine_speed.h"
#include "harness/proof/oracle.h"
#include "harness/proof/verify.h"
#include "harness/run/answers.h"
#include "harness/run/recorder.h"
#include "harness/run/start.h"
#include "reports/report.h"
#include "reports/views/outputs.h"
#include "reports/views/terminal.h"

namespace flm {
namespace {

std::vector<ScoreRequest> pick(const std::vector<ScoreRequest>& all,
                               const std::vector<std::size_t>& chosen) {
  std::vector<ScoreRequest> out;
  for (std::size_t index : chosen) out.push_back(all[index]);
  return out;
}

/// Items that wait for no request: flagged and failed ones, and all of a replay.
void record_unasked(StartedRun& run, Recorder& recorder) {
  for (PlannedTask& task : run.plan.tasks) {
    for (PlannedItem& item : task.items) {
      if (run.replay && item.status == "ok") run.replay->answer(task.task->name(), item);
      if (item.waiting == 0) recorder.add(task, item);
    }
  }
}

/// False: interrupted.
bool score(StartedRun& run, Answers& answers, Recorder& recorder) {
  const std::vector<std::size_t>& left = answers.scores_left();
  if (left.empty()) return true;
  const std::vector<ScoreRequest>& all = run.plan.scores;
  std::vector<ScoreRequest> some;  // a copy only where others are answered already
  if (left.size() < all.size()) some = pick(all, left);
  return run.engine->score(
      std::span<const ScoreRequest>(some.empty() ? all : some),
      [&](std::size_t i, ScoreResult&& result) { answers.put_score(left[i], result); },
      [&] { recorder.commit(); }, interrupt_flag());
}

/// False: interrupted.
bool generate(StartedRun& run, Answers& answers, Recorder& recorder) {
  const std::vector<std::size_t>& left = answers.generations_left();
  if (left.empty()) return true;
  std::vector<GenerateRequest> requests;
  for (std::size_t index : left) requests.push_back(answers.generation(index));
  const bool complete = run.engine->generate(
      requests, *run.tokenizer,
      [&](std::size_t i, GenerateResult&& result) { answers.put_generation(left[i], result); },
      // One step after the other: not a flush to the disk for each.
      [&] { recorder.commit_unless_recent(); }, interrupt_flag());
  recorder.commit();
  return complete;
}

void add_what_it_cost(const EngineCounters& counters, std::int64_t from_store, RunRecord& record) {
  Json cost = parse_json(record.cost_json, "cost");
  cost["rows_really_computed"] = counters.rows_computed;
  cost["generated_tokens"] = counters.generated_tokens;
  cost["seconds"] = counters.seconds;
  cost["responses_from_store"] = from_store;
  record.cost_json = compact_json(cost);
}

void verify(StartedRun& run, const Answers& answers, Progress& progress) {
  if (run.replay) return progress.note("verify: a replay has nothing to run again");
  progress.note(verify_scores(
      *run.engine, run.plan.scores, [&](std::size_t i) { return answers.stored_score(i); },
      run.options.run.verify, run.options.task.seed));
}

int verify_against(StartedRun& run, const Answers& answers) {
  const EngineInfo info = run.engine->info();
  run.engine.reset();  // the two need not fit together
  const OracleReport report = compare_with_oracle(
      run.plan, [&](std::size_t i) { return answers.stored_score(i); }, info, *run.oracle,
      oracle_share(run.options.run.verify_against[1]), run.options.task.seed);
  std::fprintf(stderr, "%s\n", report.text.c_str());
  return report.explained ? kDone : kCheckSaidNo;
}

LogPrompts log_prompts(const std::string& name) {
  if (name == "full") return LogPrompts::kFull;
  if (name == "hash") return LogPrompts::kHash;
  if (name == "none") return LogPrompts::kNone;
  return LogPrompts::kDefault;
}

/// The record's last state and the output folder.
Report write_results(StartedRun& run) {
  const RunFlags& flags = run.options.run;
  run.store->update_run(run.record);
  run.store->commit();
  run.judge->write_export();
  Report report = build_report(*run.store, run.record.id);
  write_outputs(*run.store, report, run.folder, flags.log_samples, log_prompts(flags.log_prompts),
                html_options(flags.html_samples));
  return report;
}

int tell_interrupted(const StartedRun& run, const Recorder& recorder) {
  std::fprintf(
      stderr,
      "interrupted after %lld of %lld items; go on with: flmeval run --resume %s --store %s\n",
      static_cast<long long>(recorder.items_done()), static_cast<long long>(recorder.items_total()),
      run.record.id.c_str(), run.options.run.store.c_str());
  return kInterrupted;
}

int print_report(const StartedRun& run, const Report& report) {
  if (run.options.run.json) {
    print_line(report.results_json);
  } else {
    std::fputs(render_terminal(report, terminal_columns()).c_str(), stdout);
    std::printf("%s/report.md\n", run.folder.c_str());
  }
  return kDone;
}

}  // namespace

int execute_run(const Options& options, Progress& progress) {
  interrupt_flag();  // from here on a signal ends the run in good order
  StartedRun run = start_run(options, progress);
  Recorder recorder(*run.store, run.plan, run.record.id, run.folder, progress);
  Answers answers(
      run.plan, run.record, *run.store, run.options.run.fresh ? Reuse::kOwn : Reuse::kStored,
      run.tokenizer.get(), run.engine ? run.engine->info().max_length : 0,
      [&](const PlannedTask& task, const PlannedItem& item) { recorder.add(task, item); });
  record_unasked(run, recorder);
  if (run.engine) answers.take_stored(progress);
  recorder.commit();
  bool complete = score(run, answers, recorder) && generate(run, answers, recorder);
  recorder.finish();
  complete = complete && recorder.all_put();
  if (run.engine) {
    // Before verification runs requests again.
    add_what_it_cost(run.engine->counters(), answers.from_store(), run.record);
    note_operation_times(*run.engine, run.options.model, progress);
  }
  if (complete && run.options.run.verify > 0) verify(run, answers, progress);
  run.record.status = complete ? "done" : "interrupted";
  const Report report = write_results(run);
  if (!complete) return tell_interrupted(run, recorder);
  const int code = print_report(run, report);
  return run.oracle ? verify_against(run, answers) : code;
}

}  // namespace flm
