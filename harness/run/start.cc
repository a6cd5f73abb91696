#include "harness/run/start.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/system/clock.h"
#include "base/system/files.h"
#include "harness/model/model_access.h"
#include "harness/plan/chat.h"
#include "harness/plan/plan_cost.h"
#include "harness/plan/protocol.h"
#include "harness/plan/render.h"
#include "harness/plan/tokenize.h"
#include "harness/process/interrupt.h"
#include "harness/proof/oracle.h"
#include "harness/run/output_folder.h"
#include "harness/run/resume.h"
#include "harness/run/run_header.h"
#include "harness/run/run_identity.h"
#include "harness/run/sample_records.h"
#include "harness/run/stored_run.h"
#include "reports/store/run_parts.h"
#include "reports/views/outputs.h"

namespace flm {
namespace {

/// --again: the options of a stored run, for a run of its own.
void take_options_again(StartedRun& run) {
  Options& options = run.options;
  const StoredRun stored = open_stored_run(options.run.again, options.run.store);
  options = again_options(stored.record, options);
  options.run.store = stored.store_path;
}

/// What a run that is stored says of this one.
void take_stored_run(StartedRun& run) {
  Options& options = run.options;
  if (!options.run.again.empty()) take_options_again(run);
  if (options.run.resume.empty()) return;
  StoredRun stored = open_stored_run(options.run.resume, options.run.store, RunUse::kGoOn);
  run.store = std::move(stored.store);
  check_stopped(stored.record, run.store->heartbeat(stored.record.id));
  const bool elsewhere = !options.run.output.empty();
  options = resumed_options(stored.record, options);
  if (!elsewhere && !stored.folder.empty())
    options.run.output = stored.folder;  // the folder that names the run, from wherever
  options.run.store = stored.store_path;
  options.run.resume = stored.record.id;
  run.resumed = std::move(stored.record);
}

/// A store that is there, or cannot come to be, is opened before the work, so that what is wrong
/// with it is told at once; a new one is made by a run that begins, so that what fails before
/// leaves none.
void open_present_store(StartedRun& run) {
  const std::filesystem::path path = run.options.run.store;
  const std::string folder = path.has_parent_path() ? path.parent_path().string() : ".";
  const bool can_come = !std::filesystem::exists(path) && access(folder.c_str(), W_OK) == 0;
  if (!run.store && !can_come) run.store = Store::open(path.string());
}

void check_options(const Options& options) {
  if (options.model.model.empty()) throw UserError("--model is required");
  if (options.task.predict_only && !options.run.log_samples)
    throw UserError("--predict-only has nothing to show with --no-log-samples; drop one of them");
  html_options(options.run.html_samples);  // a wrong one is told before the work
}

void open_model(StartedRun& run, Progress& progress) {
  ModelFlags& model = run.options.model;
  const std::vector<std::string>& against = run.options.run.verify_against;
  model = settle_model_flags(model, progress);
  if (is_replay(model)) {
    if (!against.empty())
      throw UserError("--verify-against has nothing to compute for a replay; drop it: " +
                      model.model);
    run.replay = std::make_unique<ReplayLog>(model.model);
    if (!model.tokenizer.empty()) run.tokenizer = open_tokenizer(model);
    return;
  }
  run.tokenizer = open_tokenizer(model);
  run.engine = open_engine(model, progress);
  if (against.empty()) return;
  (void)oracle_share(against[1]);  // a mistake in it is told before the run, not behind it
  run.oracle = open_engine(oracle_flags(model, against[0]), progress);
}

/// A template that prints the date prints that of the run's beginning, also where it is resumed.
void fix_chat_date(TaskFlags& flags, const Tokenizer& tokenizer, Progress& progress) {
  if (!flags.chat_date.empty() || !prints_date(flags, tokenizer)) return;
  flags.chat_date = local_timestamp();
  progress.note("the chat template prints the date; the same prompts on another day: --chat-date " +
                flags.chat_date);
}

}  // namespace

void plan_run(StartedRun& run, Progress& progress) {
  if (run.engine) check_prefix(run.options.task, run.engine->info().vocab_rows);
  run.judge = std::make_shared<ChosenJudge>(run.options.run);
  if (run.tokenizer) fix_chat_date(run.options.task, *run.tokenizer, progress);
  run.plan = render_plan(run.options.task, run.tokenizer.get(), progress, run.judge);
  if (std::any_of(run.plan.tasks.begin(), run.plan.tasks.end(),
                  [](const PlannedTask& one) { return one.task->runs_code(); })) {
    run.judge->prepare();
    progress.note("generated code: " + run.judge->description());
  }
  if (!run.engine) return;
  refuse_substitutes(run.plan);
  const EngineInfo info = run.engine->info();
  check_prefixes(run.options.task, run.plan, info.vocab_rows);
  tokenize_plan(run.plan, run.options.task, run.options.model, *run.tokenizer, info.max_length,
                info.threads, progress);
}

namespace {

/// Tasks of which the log has answers without prompts: whether they answer what is asked here was
/// compared with nothing. The report says so above the figures.
void record_uncompared(StartedRun& run) {
  Json tasks = Json::array();
  for (const PlannedTask& one : run.plan.tasks) {
    const std::string name = one.task->name();
    const auto uncompared = [&](const PlannedItem& item) {
      return item.status == "ok" && !run.replay->has_prompt(name, item.item.doc_id);
    };
    if (std::any_of(one.items.begin(), one.items.end(), uncompared)) tasks.push_back(name);
  }
  if (tasks.empty()) return;
  Json options = options_part(run.record);
  options["uncompared"] = tasks;
  run.record.options_json = compact_json(options);
}

}  // namespace

void identify_run(StartedRun& run) {
  const EnginePlan cost = run.engine ? plan_cost(*run.engine, run.plan) : EnginePlan{};
  run.record = make_run_record(run.options, run.plan,
                               run.engine ? run.engine->weights_hash() : run.replay->hash(),
                               run.engine.get(), run.tokenizer.get(), cost);
  if (run.replay) record_uncompared(run);
  if (run.judge->description().empty()) return;
  Json environment = parse_json(run.record.environment_json, "environment");
  environment["generated_code"] = run.judge->description();
  run.record.environment_json = compact_json(environment);
}

void begin_run(StartedRun& run) {
  if (run.resumed)
    run.store->claim_run(run.record, [&] {
      const RunRecord stored = run.store->find_run(run.record.id);
      check_unclaimed(*run.resumed, stored, run.store->heartbeat(stored.id));
      return true;
    });
  else
    run.store->begin_run(run.record);
  for (std::size_t t = 0; t < run.plan.tasks.size(); ++t) {
    run.store->put_task(run.record.id, static_cast<int>(t), make_task_record(run.plan.tasks[t]));
  }
  run.store->commit();
}

StartedRun start_run(const Options& options, Progress& progress) {
  StartedRun run;
  run.options = options;
  take_stored_run(run);
  check_options(run.options);
  open_present_store(run);
  open_model(run, progress);
  plan_run(run, progress);
  identify_run(run);
  if (run.resumed) continue_run(*run.resumed, options, run.record);
  take_output_folder(run, progress);
  if (!run.store) run.store = Store::open(run.options.run.store);  // none is left by what fails
  // Before it stands in the store: a signal from now on is one to a run that can be gone on with.
  answer_interrupts({.grace_seconds = run.options.model.grace, .at_the_end = go_on_text(run)});
  begin_run(run);
  return run;
}

}  // namespace flm
