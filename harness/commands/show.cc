#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>

#include "base/errors.h"
#include "base/text/joined.h"
#include "harness/commands/commands.h"
#include "harness/commands/shown_item.h"
#include "harness/model/model_access.h"
#include "harness/plan/render.h"
#include "harness/plan/tokenize.h"
#include "harness/process/exit_code.h"
#include "harness/run/resume.h"
#include "harness/run/stored_run.h"
#include "harness/terminal/jsonl.h"
#include "reports/store/run_parts.h"
#include "reports/store/store.h"

namespace flm {
namespace {

constexpr std::size_t kNamed = 6;  // of tasks in a message

/// The longest request that the model's files allow, weights or not; none where they do not say it.
std::optional<int> longest_request(const ModelFlags& flags, Progress& progress) {
  try {
    return inspect_checkpoint(flags.model, false, progress, flags.model_config, flags.weights)
        .at("config")
        .at("longest_request")
        .get<int>();
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

/// Answers that were logged are no model: what is asked of one can still be shown with a tokenizer.
bool has_model(const ModelFlags& flags) { return !flags.model.empty() && !is_replay(flags); }

/// As a run would have it; a huge one where neither the flag nor the model says it.
int shown_context(const ModelFlags& flags, Progress& progress) {
  if (has_model(flags))
    if (const auto longest = longest_request(flags, progress))
      return context_limit(flags.max_length, *longest);
  if (flags.max_length > 0) return flags.max_length;
  progress.note("the model's context limit is not known here: nothing is flagged as too long");
  return 1 << 30;
}

/// Which engine requests belong to which item.
std::map<std::pair<std::size_t, std::size_t>, ItemRequests> requests_by_item(const RunPlan& plan) {
  std::map<std::pair<std::size_t, std::size_t>, ItemRequests> out;
  for (std::size_t t = 0; t < plan.tasks.size(); ++t) {
    for (std::size_t i = 0; i < plan.tasks[t].items.size(); ++i) {
      const std::size_t count = plan.tasks[t].items[i].item.requests.size();
      out[{t, i}] = {std::vector<std::vector<std::size_t>>(count),
                     std::vector<std::vector<std::size_t>>(count)};
    }
  }
  for (std::size_t s = 0; s < plan.scores.size(); ++s) {
    const RequestHome& home = plan.score_homes[s];
    out[{home.task, home.item}].scores[home.request].push_back(s);
  }
  for (std::size_t g = 0; g < plan.generations.size(); ++g) {
    const RequestHome& home = plan.generation_homes[g];
    if (home.repeat == 0) out[{home.task, home.item}].generations[home.request].push_back(g);
  }
  return out;
}

/// A stored run's samples of a task, by document.
std::map<std::int64_t, std::vector<SampleRecord>> samples_by_document(Store& store,
                                                                      const RunRecord& run,
                                                                      const std::string& task) {
  std::map<std::int64_t, std::vector<SampleRecord>> out;
  for (SampleRecord& sample : store.samples(run.id, task))
    out[sample.doc_id].push_back(std::move(sample));
  return out;
}

/// The task's first figure that is a mean over the items: a perplexity or bits per byte calls none
/// of them wrong. "" where there is none.
std::string judged_metric(const Task& task) {
  for (const MetricInfo& metric : task.metrics())
    if (metric.aggregation == "mean" && !metric.beside) return metric.metric;
  return "";
}

/// No point in that figure, under any filter; or no figure at all. What was never asked is not
/// wrong.
bool is_wrong(const std::vector<SampleRecord>& samples, const std::string& metric) {
  return !samples.empty() &&
         std::all_of(samples.begin(), samples.end(), [&](const SampleRecord& sample) {
           const auto judged =
               std::find_if(sample.values.begin(), sample.values.end(),
                            [&](const auto& value) { return value.first == metric; });
           if (!sample.scored() || judged == sample.values.end()) return true;
           return judged->second == std::vector<double>{0};
         });
}

/// Of the run's own tasks those that --tasks names, or all where it is not typed; none where it
/// names anything else, which then is looked for as where no run is given.
std::set<std::string> chosen_of_run(const RunRecord& run, const std::set<std::string>& tasks,
                                    const std::string& names) {
  if (names.empty()) return tasks;
  std::set<std::string> chosen;
  std::istringstream list(names);
  for (std::string name; std::getline(list, name, ',');) {
    std::vector<std::string> members;
    if (tasks.contains(name)) members.push_back(name);
    for (const GroupRecord& group : groups_part(run))
      if (group.name == name) members = group.leaves;
    if (members.empty()) return {};
    chosen.insert(members.begin(), members.end());
  }
  return chosen;
}

/// The task flags of the run, and those that are typed beside --run in their place. Its own tasks
/// are those of its own --tasks: a file, or a name that its --include-path knows.
TaskFlags task_flags_of(const RunRecord& run, const Options& typed, bool own_tasks) {
  Options beside = typed;
  std::erase_if(beside.typed, [&](const TypedFlag& flag) {
    return flag.name == "--run" || flag.name == "--doc" || flag.name == "--wrong" ||
           (own_tasks && flag.name == "--tasks");
  });
  return again_options(run, beside).task;
}

/// --wrong over tasks that call no item wrong is no empty answer.
void check_wrong(const RunPlan& plan, Progress& progress) {
  std::string without;
  std::size_t count = 0;
  for (const PlannedTask& one : plan.tasks) {
    if (!judged_metric(*one.task).empty()) continue;
    without += (count++ == 0 ? "" : ", ") + one.task->name();
  }
  if (count == 0) return;
  const std::string why =
      "--wrong: bits per byte, perplexities and figures of all items at once "
      "call no item wrong";
  if (count == plan.tasks.size())
    throw UserError(why + "; leave --wrong out, or name other --tasks (chosen: " + without + ")");
  progress.note(why + "; passed over: " + without);
}

class Show {
 public:
  Show(const Options& given, Progress& progress) : options_(given), progress_(progress) {}

  int execute() {
    open();
    RunPlan plan = rendered();
    if (store_) keep_tasks_of_run(plan);
    if (options_.wrong) check_wrong(plan, progress_);
    if (tokenizer_) {
      tokenize_plan(plan, options_.task, options_.model, *tokenizer_, max_length_, 1, progress_);
    }
    const auto requests = requests_by_item(plan);
    for (std::size_t t = 0; t < plan.tasks.size(); ++t) {
      const std::string judged = options_.wrong ? judged_metric(*plan.tasks[t].task) : "";
      if (options_.wrong && judged.empty()) continue;
      if (store_) samples_ = samples_by_document(*store_, run_, plan.tasks[t].task->name());
      for (std::size_t i = 0; i < plan.tasks[t].items.size(); ++i) {
        const PlannedItem& item = plan.tasks[t].items[i];
        if (options_.doc && item.item.doc_id != *options_.doc) continue;
        if (options_.wrong && !is_wrong(samples_[item.item.doc_id], judged)) continue;
        if (store_) unanswered_ += samples_[item.item.doc_id].empty();
        print(plan.tasks[t], item, plan, requests.at({t, i}));
      }
    }
    if (unanswered_ > 0)
      progress_.note(std::to_string(unanswered_) + " of the items have no answer in run " +
                     run_.id);
    if (shown_ == 0 && options_.wrong) progress_.note("nothing is wrong among the items chosen");
    if (shown_ == 0 && options_.doc && !options_.wrong)
      throw UserError("no such document among those " +
                      (store_ ? "that run " + run_.id + " was to ask" : std::string("chosen")) +
                      sizes_of(plan) + ": --doc " + std::to_string(*options_.doc));
    return kDone;
  }

 private:
  void open() {
    if (!options_.run.resume.empty()) {
      StoredRun stored = open_stored_run(options_.run.resume, options_.run.store);
      store_ = std::move(stored.store);
      run_ = std::move(stored.record);
      for (const TaskRecord& task : store_->tasks(run_.id)) of_run_.insert(task.task);
      chosen_ = chosen_of_run(run_, of_run_, options_.task.tasks);
      options_.task = task_flags_of(run_, options_, !chosen_.empty());
    }
    if (!options_.model.model.empty())
      options_.model = settle_model_flags(options_.model, progress_);
    if (has_model(options_.model) || !options_.model.tokenizer.empty()) {
      tokenizer_ = open_tokenizer(options_.model);
      max_length_ = shown_context(options_.model, progress_);
    }
    if (options_.doc && options_.task.limit == 0 && options_.task.samples.empty())
      options_.task.limit = static_cast<double>(*options_.doc + 1);
  }

  /// Among the run's own data there need not be those of a task that it does not have.
  RunPlan rendered() {
    try {
      return render_plan(options_.task, tokenizer_.get(), progress_);
    } catch (const UserError&) {
      if (store_ && chosen_.empty() && !names_a_task_of_the_run()) refuse_other_tasks();
      throw;
    }
  }

  /// --run and --tasks together are about tasks of the run.
  void keep_tasks_of_run(RunPlan& plan) const {
    const std::set<std::string>& kept = chosen_.empty() ? of_run_ : chosen_;
    std::erase_if(plan.tasks,
                  [&](const PlannedTask& one) { return !kept.contains(one.task->name()); });
    if (plan.tasks.empty()) refuse_other_tasks();
  }

  bool names_a_task_of_the_run() const {
    std::set<std::string> there = of_run_;
    for (const GroupRecord& group : groups_part(run_)) there.insert(group.name);
    std::istringstream names(options_.task.tasks);
    for (std::string name; std::getline(names, name, ',');)
      if (there.contains(name)) return true;
    return false;
  }

  [[noreturn]] void refuse_other_tasks() const {
    throw UserError("run " + run_.id +
                    " has other tasks: " + first_few({of_run_.begin(), of_run_.end()}, kNamed) +
                    "; leave out --run to show a task alone (--tasks " + options_.task.tasks + ")");
  }

  /// " (t has 20 documents)" of the first tasks.
  static std::string sizes_of(const RunPlan& plan) {
    std::vector<std::string> sizes;
    for (const PlannedTask& one : plan.tasks)
      sizes.push_back(one.task->name() + " has " + std::to_string(one.task->doc_count()) +
                      " documents");
    return sizes.empty() ? "" : " (" + first_few(sizes, kNamed) + ")";
  }

  void print(const PlannedTask& task, const PlannedItem& item, const RunPlan& plan,
             const ItemRequests& requests) {
    std::vector<Json> lines = item_lines(task, item, plan, requests, tokenizer_.get());
    const Json results = store_ ? results_of(task, item) : Json(nullptr);
    shown_ += static_cast<std::int64_t>(lines.size());
    if (!options_.json) return print_line(item_page(task, item, lines, results));
    for (Json& line : lines) {
      if (store_) line["results"] = results;
      print_line(compact_json(line));
      line = nullptr;  // each has all results: of many choices one line at a time is held
    }
  }

  Json results_of(const PlannedTask& task, const PlannedItem& item) {
    const std::vector<SampleRecord>& samples = samples_[item.item.doc_id];
    for (const SampleRecord& sample : samples) {
      if (sample.prompt_hash == item.item.prompt_hash) continue;
      throw UserError("run " + run_.id + " had another prompt for " + task.task->name() +
                      " document " + std::to_string(item.item.doc_id) + data_of_the_run() +
                      "; leave out --tasks and its flags to show the run as it was (prompt_hash: " +
                      sample.prompt_hash.substr(0, 12) + ")");
    }
    return item_results(samples);
  }

  /// Where the run's data are others: the likeliest reason for another prompt.
  std::string data_of_the_run() const {
    const std::string root = options_of(run_).task.data, here = data_root(options_.task);
    if (root == here) return "";
    return root.empty() ? "; it used the built-in samples: leave out --data"
                        : "; it used --data " + root + ": add it";
  }

  Options options_;
  Progress& progress_;
  std::unique_ptr<Tokenizer> tokenizer_;
  int max_length_ = 0;
  std::unique_ptr<Store> store_;
  RunRecord run_;
  std::set<std::string> of_run_, chosen_;  // its tasks; those of them that --tasks names
  std::map<std::int64_t, std::vector<SampleRecord>> samples_;
  std::int64_t shown_ = 0, unanswered_ = 0;
};

}  // namespace

int command_show(const Options& options, Progress& progress) {
  return Show(options, progress).execute();
}

}  // namespace flm
