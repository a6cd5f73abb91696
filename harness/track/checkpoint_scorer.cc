#include "harness/track/checkpoint_scorer.h"

#include "base/errors.h"
#include "harness/cli/command_line.h"
#include "harness/model/model_access.h"
#include "harness/run/compute.h"
#include "harness/run/resume.h"
#include "harness/run/run_identity.h"
#include "harness/run/sample_records.h"
#include "harness/track/earlier_runs.h"
#include "reports/store/store_error.h"

namespace flm {
namespace {

using Kind = ScoringOutcome::Kind;

/// Where the store keeps the weights hash of files that nobody touched since.
std::string weights_key(const CheckpointFiles& files, const ModelFlags& flags) {
  return "weights-of-files/" + flags.weights + "/" + files.identity();
}

/// Flags that say how to compute are wrong for every checkpoint: a model of no size tells it before
/// the first one.
void try_flags(ModelFlags flags) {
  flags.model = "synthetic:tiny";
  flags.tensor_parallel = 1;
  flags.max_length = 0;
  flags.model_config.clear();
  SilentProgress silent;
  (void)open_engine(flags, silent);
}

std::vector<TaskRecord> task_records(const RunPlan& plan) {
  std::vector<TaskRecord> records;
  for (const PlannedTask& task : plan.tasks) records.push_back(make_task_record(task));
  return records;
}

}  // namespace

std::string ScoringOutcome::state() const {
  switch (kind) {
    case Kind::kScored:
      return "scored";
    case Kind::kFailed:
      return "failed";
    case Kind::kChanged:
      return "changed";
    case Kind::kDeleted:
      return "deleted";
    default:
      return "waits";
  }
}

CheckpointScorer::CheckpointScorer(const Options& options, Progress& progress)
    : options_(options), progress_(progress) {
  try_flags(options.model);
  run_.store = Store::open(options.run.store);
}

std::optional<RunRecord> CheckpointScorer::known_run(const CheckpointState& checkpoint,
                                                     const CheckpointFiles& files,
                                                     const std::vector<std::string>& runs) {
  const auto weights = run_.store->response(weights_key(files, options_.model));
  if (runs.empty() || !weights) return std::nullopt;
  if (question_.empty()) {
    try {
      open_model(checkpoint);
    } catch (const UserError&) {
      return std::nullopt;  // told when it is to be scored
    }
    plan_for_model();
    close_model();  // nothing may come to be scored for hours
  }
  for (const std::string& id : runs) {
    const auto run = run_.store->run(id);  // another process may have discarded it
    if (run && run->status == "done" && run->weights_hash == *weights &&
        question_hash(*run, run_.store->tasks(id)) == question_)
      return run;
  }
  return std::nullopt;
}

bool CheckpointScorer::answers(const std::string& run) {
  const auto [at, fresh] = questions_of_runs_.try_emplace(run);
  if (fresh) at->second = question_hash(run_.store->find_run(run), run_.store->tasks(run));
  return questions_.contains(at->second);
}

ScoringOutcome CheckpointScorer::score(const std::string& name, const CheckpointState& checkpoint,
                                       const CheckpointFiles& files, const std::string& next) {
  begun_ = false;
  run_.record = {};
  next_.stop();
  try {
    open_model(checkpoint);
  } catch (const UserError& error) {
    return failed(files, error.what());
  }
  if (question_.empty())
    plan_for_model();  // what is wrong with the tasks is so for every checkpoint
  try {
    plan_for_model();
    run_.options = options_of(name, checkpoint);
    const ScoringOutcome outcome = begin_and_compute(files, next);
    close_model();
    return outcome;
  } catch (const StoreError&) {
    throw;  // as it would be for every other checkpoint
  } catch (const UserError& error) {
    return failed(files, error.what());
  }
}

Options CheckpointScorer::options_of(const std::string& name, const CheckpointState& checkpoint) {
  Options options = options_;
  options.model.model = checkpoint.path;
  options.model = settle_model_flags(options.model, progress_);
  options.run.name = name;
  options.typed = flags_of_run(options.typed);
  std::erase_if(options.typed, [](const TypedFlag& flag) {
    return flag.name == "--name" || flag.name == "--output";
  });
  options.typed.push_back({"--model", {checkpoint.path}});
  options.typed.push_back({"--name", {name}});
  return options;
}

void CheckpointScorer::open_model(const CheckpointState& checkpoint) {
  if (opened_ == checkpoint.path) return;
  close_model();
  ModelFlags flags = options_.model;
  flags.model = checkpoint.path;
  flags = settle_model_flags(flags, progress_);
  run_.options = options_;
  run_.options.model = flags;
  run_.tokenizer = open_tokenizer(flags);
  run_.engine = open_engine(flags, progress_);
  opened_ = checkpoint.path;
}

void CheckpointScorer::close_model() {
  run_.engine.reset();  // its memory is the next one's
  opened_.clear();
}

/// All that the plan has of the model.
std::string CheckpointScorer::plan_key() const {
  return run_.tokenizer->hash() + (run_.tokenizer->adds_bos() ? " bos " : " ") +
         std::to_string(run_.engine->info().max_length) + " " + run_.tokenizer->chat_template();
}

void CheckpointScorer::plan_for_model() {
  const std::string key = plan_key();
  if (key == planned_for_) {
    unanswered_.restore(run_.plan);
  } else {
    if (!planned_for_.empty())
      progress_.note("another tokenizer or context than before, planned anew: " + opened_);
    planned_for_.clear();
    plan_run(run_, progress_);
    unanswered_ = Unanswered(run_.plan);
    planned_for_ = key;
  }
  const RunRecord record =
      describe_run(run_.options, run_.plan, run_.engine.get(), run_.tokenizer.get());
  question_ = question_hash(record, task_records(run_.plan));
  questions_.insert(question_);
}

ScoringOutcome CheckpointScorer::begin_and_compute(const CheckpointFiles& files,
                                                   const std::string& next) {
  identify_run(run_);
  if (const auto outcome = take_up_or_claim(files)) return *outcome;
  begun_ = true;
  ModelFlags after = options_.model;
  after.model = next;
  next_.read(after);  // the disk is free now
  begin_run(run_);
  progress_.begin(run_.store->path(), run_.record.id);
  RunComputation computation(run_, progress_);
  if (!computation.compute()) {
    end_run(run_, false);
    return {Kind::kInterrupted};
  }
  const FilesVerdict verdict = compare_files(files, look_at_files(files.folder));
  if (verdict.now == FilesNow::kChanged) {
    run_.store->discard_run(run_.record.id);
    return {Kind::kChanged, "written while it was scored: " + verdict.file};
  }
  end_run(run_, true);
  run_.store->remember(weights_key(files, options_.model), run_.record.weights_hash);
  // All weights had been read, and nobody had written them.
  const std::string deleted =
      verdict.now == FilesNow::kDeleted ? "deleted while it was scored" : "";
  return {Kind::kScored, deleted, run_.record.id, run_.record.weights_hash};
}

/// Of the runs of this name with these figures: one that is done is taken as it is, one that was
/// interrupted is gone on with. What is to be computed stands in the store as this process's.
std::optional<ScoringOutcome> CheckpointScorer::take_up_or_claim(const CheckpointFiles& files) {
  const EarlierRuns earlier = earlier_runs(*run_.store, run_.record);
  for (const std::string& id : earlier.left_behind) run_.store->discard_run(id);
  if (earlier.done) {
    run_.store->remember(weights_key(files, options_.model), earlier.done->weights_hash);
    return ScoringOutcome{Kind::kScored, "", earlier.done->id, earlier.done->weights_hash};
  }
  if (earlier.elsewhere)
    return ScoringOutcome{Kind::kElsewhere,
                          "another process scores it: run " + earlier.elsewhere->id,
                          earlier.elsewhere->id};
  if (earlier.interrupted) continue_run(*earlier.interrupted, run_.options, run_.record);
  if (claim_unless_changed(*run_.store, run_.record, earlier)) return std::nullopt;
  return take_up_or_claim(files);
}

ScoringOutcome CheckpointScorer::failed(const CheckpointFiles& files, const std::string& error) {
  close_model();
  if (begun_) run_.store->discard_run(run_.record.id);
  const FilesVerdict verdict = compare_files(files, look_at_files(files.folder));
  if (verdict.now == FilesNow::kDeleted)
    return {Kind::kDeleted, "deleted while it was read: " + verdict.file};
  if (verdict.now == FilesNow::kChanged)
    return {Kind::kChanged, "written while it was read: " + verdict.file};
  return {Kind::kFailed, error};
}

}  // namespace flm
