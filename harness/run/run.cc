#include "harness/run/run.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/errors.h"
#include "base/files.h"
#include "harness/cli/cli.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/interrupt.h"
#include "harness/cli/jsonl.h"
#include "harness/cli/terminal_size.h"
#include "harness/commands/commands.h"
#include "harness/model/engine_cost.h"
#include "harness/model/model_access.h"
#include "harness/proof/oracle.h"
#include "harness/proof/verify.h"
#include "harness/run/responses.h"
#include "harness/run/run_identity.h"
#include "harness/run/sample_records.h"
#include "harness/run/stored_run.h"
#include "reports/report.h"

namespace flm {
namespace {

constexpr double kOutputSeconds =
    20;  // reports are written again at most this often while results come
constexpr double kCommitSeconds = 0.5;  // between two commits of generated texts, at least
constexpr double kOutputPause = 30;     // and take at most one part in this of the time

LogPrompts log_prompts(const std::string& name) {
  if (name == "full") return LogPrompts::kFull;
  if (name == "hash") return LogPrompts::kHash;
  if (name == "none") return LogPrompts::kNone;
  return LogPrompts::kDefault;
}

std::vector<std::size_t> iota(std::size_t count) {
  std::vector<std::size_t> all(count);
  for (std::size_t i = 0; i < count; ++i) all[i] = i;
  return all;
}

template <typename Request>
std::vector<Request> pick(const std::vector<Request>& all, const std::vector<std::size_t>& chosen) {
  std::vector<Request> out;
  for (std::size_t index : chosen) out.push_back(all[index]);
  return out;
}

}  // namespace

Run::Run(const Options& options, Progress& progress) : options_(options), progress_(progress) {}
Run::~Run() = default;

int Run::execute() {
  interrupt_flag();  // from here on a signal ends the run in good order
  open_store();
  if (options_.model.model.empty()) throw UserError("--model is required");
  if (options_.task.predict_only && !options_.run.log_samples)
    throw UserError("--predict-only has nothing to show with --no-log-samples; drop one of them");
  open_model();
  make_plan();
  begin();
  record_unanswered();
  if (engine_) take_stored_responses();
  commit();
  bool complete = replay_ || compute();
  commit();
  complete = complete && code_.empty();
  if (engine_) counters_ = engine_->counters();  // before verification runs requests again
  if (engine_) note_operation_times(*engine_, options_.model, progress_);
  if (complete && options_.run.verify > 0) verify();
  const int code = finish(complete);
  return complete && oracle_ ? verify_against() : code;
}

/// --resume RUN alone brings the options of the run.
void Run::open_store() {
  if (options_.run.resume.empty()) {
    store_ = Store::open(options_.run.store);
    return;
  }
  StoredRun stored = open_stored_run(options_.run.resume, options_.run.store);
  store_ = std::move(stored.store);
  options_.run.store = stored.store_path;
  options_.run.resume = stored.record.id;
  if (!options_.task.tasks.empty()) return;
  const Options old = options_of(stored.record);
  options_.task = old.task;
  const ModelFlags typed = options_.model;
  options_.model = old.model;
  options_.model.time_operations |= typed.time_operations;  // these two change no result
  if (typed.host_memory > 0) options_.model.host_memory = typed.host_memory;
  options_.run.name = old.run.name;
  if (options_.run.output.empty()) options_.run.output = old.run.output;
}

void Run::open_model() {
  options_.model = settle_model_flags(options_.model);
  if (is_replay(options_.model)) {
    if (!options_.run.verify_against.empty())
      throw UserError("--verify-against has nothing to compute for a replay; drop it: " +
                      options_.model.model);
    replay_ = std::make_unique<ReplayLog>(options_.model.model);
    if (!options_.model.tokenizer.empty()) tokenizer_ = open_tokenizer(options_.model);
    return;
  }
  tokenizer_ = open_tokenizer(options_.model);
  engine_ = open_engine(options_.model, progress_);
  if (options_.run.verify_against.empty()) return;
  (void)oracle_share(options_.run.verify_against[1]);
  oracle_ = open_engine(oracle_flags(options_.model, options_.run.verify_against[0]), progress_);
}

void Run::make_plan() {
  judge_ = std::make_shared<ChosenJudge>(options_.run);
  plan_ = render_plan(options_.task, tokenizer_.get(), progress_, judge_);
  if (std::any_of(plan_.tasks.begin(), plan_.tasks.end(),
                  [](const PlannedTask& one) { return one.task->runs_code(); })) {
    judge_->prepare();
    progress_.note("generated code: " + judge_->description());
  }
  if (engine_) {
    tokenize_plan(plan_, options_.task, options_.model, *tokenizer_, engine_->info().max_length,
                  engine_->info().threads, progress_);
  }
  for (const PlannedTask& task : plan_.tasks)
    items_total_ += static_cast<std::int64_t>(task.items.size());
}

void Run::begin() {
  const EnginePlan cost = engine_ ? engine_cost(*engine_, plan_) : EnginePlan{};
  record_ = make_run_record(options_, plan_, engine_.get(), tokenizer_.get(),
                            replay_ ? replay_->hash() : "", cost);
  if (!judge_->description().empty()) {
    Json environment = parse_json(record_.environment_json, "environment");
    environment["generated_code"] = judge_->description();
    record_.environment_json = compact_json(environment);
  }
  if (!options_.run.resume.empty()) {
    const RunRecord old = store_->find_run(options_.run.resume);
    if (old.fingerprint != record_.fingerprint) {
      throw UserError("--resume: model, tasks, data or protocol are not those of run " + old.id +
                      "; start a new run instead");
    }
    record_.id = old.id;
    record_.created = old.created;
    if (record_.name.empty()) record_.name = old.name;
  }
  folder_ = options_.run.output.empty() ? "runs/" + record_.id : options_.run.output;
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) throw UserError("cannot make the output folder " + folder_ + ": " + error.message());
  write_file_atomically(
      folder_ + "/run.json",
      compact_json(Json{{"run", record_.id},
                        {"store", std::filesystem::absolute(options_.run.store).string()}}) +
          "\n");
  store_->begin_run(record_);
  for (std::size_t t = 0; t < plan_.tasks.size(); ++t) {
    store_->put_task(record_.id, static_cast<int>(t), make_task_record(plan_.tasks[t]));
  }
  commit();
  last_output_ = monotonic_seconds();
}

void Run::take_stored_responses() {
  scores_left_ = iota(plan_.scores.size());
  generations_left_ = iota(plan_.generations.size());
  if (options_.run.fresh) return;
  std::erase_if(scores_left_, [&](std::size_t i) {
    const auto bytes =
        store_->response(score_key(record_.weights_hash, record_.numerics_hash, plan_.scores[i]));
    if (bytes) deliver_score(i, decode_score(*bytes));
    return bytes.has_value();
  });
  std::erase_if(generations_left_, [&](std::size_t i) {
    const auto bytes = store_->response(generation_key(
        record_.weights_hash, record_.numerics_hash, record_.tokenizer_hash, plan_.generations[i]));
    if (bytes) deliver_generation(i, decode_generation(*bytes));
    return bytes.has_value();
  });
  const std::size_t all = plan_.scores.size() + plan_.generations.size();
  const std::size_t left = scores_left_.size() + generations_left_.size();
  answered_from_store_ = static_cast<std::int64_t>(all - left);
  if (left == 0 && all > 0) {
    progress_.note("all " + std::to_string(all) + " responses are stored: nothing to compute");
  } else if (answered_from_store_ > 0) {
    progress_.note(std::to_string(answered_from_store_) + " of " + std::to_string(all) +
                   " responses are stored");
  }
}

void Run::record_unanswered() {
  for (PlannedTask& task : plan_.tasks) {
    for (PlannedItem& item : task.items) {
      if (replay_) replay_->answer(task.task->name(), item);
      if (item.waiting == 0) finish_item(item, task);
    }
  }
}

bool Run::compute() {
  const std::atomic<bool>& stop = interrupt_flag();
  if (!scores_left_.empty()) {
    std::vector<ScoreRequest> left;  // a copy only where some are answered already
    if (scores_left_.size() < plan_.scores.size()) left = pick(plan_.scores, scores_left_);
    const std::span<const ScoreRequest> requests = left.empty() ? plan_.scores : left;
    const bool complete = engine_->score(
        requests,
        [&](std::size_t i, ScoreResult&& result) {
          const std::size_t index = scores_left_[i];
          store_->put_response(
              score_key(record_.weights_hash, record_.numerics_hash, plan_.scores[index]),
              encode_response(result));
          deliver_score(index, result);
        },
        [&] { commit(); }, stop);
    if (!complete) return false;
  }
  if (generations_left_.empty()) return true;
  const std::vector<GenerateRequest> requests = pick(plan_.generations, generations_left_);
  double last_commit = 0;
  const bool complete = engine_->generate(
      requests, *tokenizer_,
      [&](std::size_t i, GenerateResult&& result) {
        const std::size_t index = generations_left_[i];
        store_->put_response(generation_key(record_.weights_hash, record_.numerics_hash,
                                            record_.tokenizer_hash, plan_.generations[index]),
                             encode_response(result));
        deliver_generation(index, result);
      },
      [&] {  // one finished row after the other: not a flush to the disk for each
        if (monotonic_seconds() - last_commit < kCommitSeconds) return;
        commit();
        last_commit = monotonic_seconds();
      },
      stop);
  commit();
  return complete;
}

void Run::deliver_score(std::size_t index, const ScoreResult& result) {
  const RequestHome& home = plan_.score_homes[index];
  PlannedTask& task = plan_.tasks[home.task];
  PlannedItem& item = task.items[home.item];
  RequestAnswer& answer = item.answers[home.request];
  const ScoreRequest& request = plan_.scores[index];
  answer.logprob += result.sum();
  answer.tokens += static_cast<std::int64_t>(result.logprobs.size());
  const std::span<const std::int32_t> tokens(request.tokens);
  answer.is_greedy = answer.is_greedy &&
                     result.greedy(tokens.subspan(static_cast<std::size_t>(request.first_scored)));
  if (--item.waiting == 0) finish_item(item, task);
}

void Run::deliver_generation(std::size_t index, const GenerateResult& result) {
  const RequestHome& home = plan_.generation_homes[index];
  PlannedTask& task = plan_.tasks[home.task];
  PlannedItem& item = task.items[home.item];
  item.answers[home.request].texts[home.repeat] = result.text;
  item.answers[home.request].tokens += static_cast<std::int64_t>(result.tokens.size());
  if (--item.waiting == 0) finish_item(item, task);
}

void Run::finish_item(PlannedItem& item, const PlannedTask& task) {
  if (item.status == "ok" && task.task->runs_code()) return code_.add(task, item);
  put_samples(make_sample_records(task, item));
}

void Run::put_samples(const std::vector<SampleRecord>& samples) {
  for (const SampleRecord& sample : samples) store_->put_sample(record_.id, sample);
  progress_.update("items", ++items_done_, items_total_);
}

void Run::commit() {
  code_.flush(interrupt_flag(), [&](std::vector<SampleRecord>&& samples) { put_samples(samples); });
  store_->commit();
  const double now = monotonic_seconds();
  const double pause = std::max(kOutputSeconds, kOutputPause * output_took_);
  if (last_output_ == 0 || now - last_output_ < pause) return;
  write_outputs(*store_, build_report(*store_, record_.id), folder_, false, LogPrompts::kNone);
  last_output_ = monotonic_seconds();
  output_took_ = last_output_ - now;
}

void Run::verify() {
  if (replay_) return progress_.note("verify: a replay has nothing to run again");
  progress_.note(verify_scores(
      *engine_, plan_.scores, [&](std::size_t i) { return stored_score(i); }, options_.run.verify,
      options_.task.seed));
}

ScoreResult Run::stored_score(std::size_t index) const {
  const auto bytes =
      store_->response(score_key(record_.weights_hash, record_.numerics_hash, plan_.scores[index]));
  FLM_CHECK(bytes.has_value(), "a scored request has no stored response");
  return decode_score(*bytes);
}

int Run::verify_against() {
  const EngineInfo info = engine_->info();
  engine_.reset();  // the two need not fit together
  const OracleReport report = compare_with_oracle(
      plan_, [&](std::size_t i) { return stored_score(i); }, info, *oracle_,
      oracle_share(options_.run.verify_against[1]), options_.task.seed);
  std::fprintf(stderr, "%s\n", report.text.c_str());
  return report.explained ? kDone : kCheckSaidNo;
}

int Run::finish(bool complete) {
  record_.status = complete ? "done" : "interrupted";
  if (engine_) {
    Json cost = parse_json(record_.cost_json, "cost");
    cost["rows_really_computed"] = counters_.rows_computed;
    cost["generated_tokens"] = counters_.generated_tokens;
    cost["seconds"] = counters_.seconds;
    cost["responses_from_store"] = answered_from_store_;
    record_.cost_json = compact_json(cost);
  }
  store_->update_run(record_);
  store_->commit();
  judge_->write_export();
  const Report report = build_report(*store_, record_.id);
  write_outputs(*store_, report, folder_, options_.run.log_samples,
                log_prompts(options_.run.log_prompts));
  if (!complete) {
    std::fprintf(
        stderr,
        "interrupted after %lld of %lld items; go on with: flmeval run --resume %s --store %s\n",
        static_cast<long long>(items_done_), static_cast<long long>(items_total_),
        record_.id.c_str(), options_.run.store.c_str());
    return kInterrupted;
  }
  if (options_.run.json) {
    print_line(report.results_json);
  } else {
    std::fputs(render_terminal(report, terminal_columns()).c_str(), stdout);
    std::printf("%s/report.md\n", folder_.c_str());
  }
  return kDone;
}

int command_run(const Options& options, Progress& progress) {
  return Run(options, progress).execute();
}

}  // namespace flm
