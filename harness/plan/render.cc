#include "harness/plan/render.h"

#include <atomic>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/errors.h"
#include "base/system/clock.h"
#include "harness/model/model_access.h"
#include "harness/plan/chat.h"
#include "harness/plan/chosen_docs.h"
#include "harness/plan/share_out.h"
#include "harness/requests/samples_file.h"

namespace flm {
namespace {

std::vector<std::string> split_names(const std::string& text) {
  std::vector<std::string> names;
  std::stringstream stream(text);
  for (std::string name; std::getline(stream, name, ',');) {
    name.erase(0, std::min(name.find_first_not_of(' '), name.size()));
    name.erase(name.find_last_not_of(' ') + 1);
    if (!name.empty()) names.push_back(name);
  }
  if (names.empty())
    throw UserError("--tasks is required: names from flmeval tasks list, separated by commas");
  return names;
}

TaskOptions task_options(const TaskFlags& flags, const Tokenizer* tokenizer) {
  TaskOptions options;
  options.bpb_mixture = flags.bpb_mixture;
  options.tasks = split_names(flags.tasks);
  options.include_path = flags.include_path;
  options.data_root = data_root(flags);
  options.num_fewshot = flags.num_fewshot;
  options.seed = flags.seed;
  options.gen_kwargs = flags.gen_kwargs;
  options.predict_only = flags.predict_only;
  options.accept_native_functions = flags.accept_native_functions;
  options.system_instruction = flags.system_instruction;
  options.chat.fewshot_as_multiturn = shots_are_turns(flags);
  options.chat.arguments_json = flags.chat_template_args;
  if (!flags.chat_template_args.empty() && !applies_chat_template(flags))
    throw UserError("--chat-template-args needs --apply-chat-template; add it, or drop this one: " +
                    flags.chat_template_args);
  if (applies_chat_template(flags)) {
    options.chat.chat_template = tokenizer ? *applied_chat_template(flags, *tokenizer) : "";
    if (options.chat.chat_template.empty()) {
      throw UserError(
          "--apply-chat-template: the model's tokenizer_config.json has no chat_template; leave it "
          "out (template: " +
          flags.apply_chat_template + ")");
    }
    options.chat.special_tokens = special_tokens_of(*tokenizer);
    options.chat.date = flags.chat_date.empty() ? local_timestamp() : flags.chat_date;
  }
  return options;
}

}  // namespace

RunPlan render_plan(const TaskFlags& flags, const Tokenizer* tokenizer, Progress& progress,
                    std::shared_ptr<const CodeJudge> judge) {
  RunPlan plan;
  const double start = monotonic_seconds();
  TaskOptions options = task_options(flags, tokenizer);
  options.judge = std::move(judge);
  plan.selection = load_tasks(options);
  for (const std::string& note : plan.selection.notes) progress.note(note);
  const std::string unnamed = tokenizer ? note_of_unnamed_template(flags, *tokenizer) : "";
  if (!unnamed.empty()) progress.note(unnamed);
  const Json samples = read_samples(flags.samples);
  check_samples_known(samples, plan.selection);
  plan.seconds.load = monotonic_seconds() - start;
  const std::size_t count = plan.selection.tasks.size();
  plan.tasks.resize(count);
  std::atomic<std::int64_t> done{0};
  const int threads = tbb::this_task_arena::max_concurrency();
  share_out(count, threads, [&](std::size_t t, std::size_t worker) {
    PlannedTask& planned = plan.tasks[t];
    planned.task = plan.selection.tasks[t];
    planned.doc_ids = chosen_docs(*planned.task, flags, samples);
    for (TaskItem& item : planned.task->items(planned.doc_ids)) {
      PlannedItem& one = planned.items.emplace_back();
      one.answers.resize(item.requests.size());
      if (!item.error.empty()) {
        one.status = "error";
        one.message = "task " + planned.task->name() + " document " + std::to_string(item.doc_id) +
                      ": " + item.error;
      }
      one.item = std::move(item);
    }
    ++done;
    if (worker == 0) progress.update("tasks rendered", done, static_cast<std::int64_t>(count));
  });
  progress.update("tasks rendered", 0, 0);  // the last was another worker's, perhaps
  plan.seconds.render = monotonic_seconds() - start - plan.seconds.load;
  return plan;
}

void refuse_substitutes(const RunPlan& plan) {
  const std::vector<std::string>& substitutes = plan.selection.substitutes;
  if (!substitutes.empty()) throw UserError(substitutes.front());
}

}  // namespace flm
