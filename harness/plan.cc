#include "harness/plan.h"

#include <atomic>
#include <cmath>
#include <exception>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "base/errors.h"
#include "harness/model_access.h"

namespace flm {
namespace {

std::vector<std::string> split_names(const std::string& text) {
  std::vector<std::string> names;
  std::stringstream stream(text);
  for (std::string name; std::getline(stream, name, ',');) {
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
  options.system_instruction = flags.system_instruction;
  if (flags.fewshot_as_multiturn && !flags.apply_chat_template) {
    throw UserError("--fewshot-as-multiturn needs --apply-chat-template");
  }
  if (flags.apply_chat_template) {
    if (!tokenizer || tokenizer->chat_template().empty()) {
      throw UserError(
          "--apply-chat-template: the model's tokenizer_config.json has no chat_template");
    }
    options.chat.chat_template = tokenizer->chat_template();
    options.chat.fewshot_as_multiturn = flags.fewshot_as_multiturn;
    if (tokenizer->bos()) options.chat.bos_text = tokenizer->piece(*tokenizer->bos());
    if (tokenizer->eos()) options.chat.eos_text = tokenizer->piece(*tokenizer->eos());
  }
  return options;
}

/// {task: [ids]} of --samples.
Json read_samples(const std::string& path) {
  if (path.empty()) return Json::object();
  Json samples = read_json_file(path);
  if (!samples.is_object()) throw UserError("--samples wants an object {task: [doc ids]}: " + path);
  return samples;
}

std::vector<std::int64_t> chosen_docs(const Task& task, const TaskFlags& flags,
                                      const Json& samples) {
  const std::int64_t count = task.doc_count();
  std::vector<std::int64_t> ids;
  if (!flags.samples.empty()) {
    if (!samples.contains(task.name())) return ids;
    for (const Json& id : samples[task.name()]) {
      if (!id.is_number_integer() || id.get<std::int64_t>() < 0 ||
          id.get<std::int64_t>() >= count) {
        throw UserError("--samples " + task.name() + " has documents 0 to " +
                        std::to_string(count - 1) + ": " + id.dump());
      }
      ids.push_back(id.get<std::int64_t>());
    }
    return ids;
  }
  std::int64_t take = count;
  if (flags.limit >= 1)
    take = std::min<std::int64_t>(count, static_cast<std::int64_t>(flags.limit));
  if (flags.limit > 0 && flags.limit < 1)
    take = static_cast<std::int64_t>(std::ceil(static_cast<double>(count) * flags.limit));
  for (std::int64_t id = 0; id < take; ++id) ids.push_back(id);
  return ids;
}

void check_samples_known(const Json& samples, const TaskSelection& selection) {
  for (const auto& [name, ids] : samples.items()) {
    bool known = false;
    for (const auto& task : selection.tasks) known |= task->name() == name;
    if (!known) throw UserError("--samples names a task that --tasks does not choose: " + name);
    if (!ids.is_array()) throw UserError("--samples wants a list of document ids: " + name);
  }
}

ResolvedBpb resolve_bpb(const BpbProtocol& asked, const TaskFlags& flags,
                        const Tokenizer& tokenizer, int max_length) {
  ResolvedBpb out;
  out.context = flags.bpb_context ? *flags.bpb_context : asked.context.value_or(max_length);
  if (out.context > max_length) {
    throw UserError("--bpb-context is more than the model's context of " +
                    std::to_string(max_length) + ": " + std::to_string(out.context));
  }
  out.stride =
      flags.bpb_stride ? *flags.bpb_stride : asked.stride.value_or(std::max(1, out.context / 2));
  if (out.stride < 1 || out.stride > out.context) {
    throw UserError("--bpb-stride must lie between 1 and the context of " +
                    std::to_string(out.context) + ": " + std::to_string(out.stride));
  }
  out.rolling = (flags.bpb_window.empty() ? asked.window : flags.bpb_window) == "rolling";
  out.prefix =
      resolve_prefix(flags.prefix_token.empty() ? asked.prefix : flags.prefix_token, tokenizer);
  if (out.rolling && !out.prefix)
    throw UserError("rolling windows need a prefix token; give --prefix-token ID, bos or eos");
  return out;
}

/// Runs work(i) for i in [0, count) on `threads` threads; the first error is rethrown.
template <typename Work>
void parallel_for(std::size_t count, int threads, Work&& work) {
  std::atomic<std::size_t> next{0};
  std::vector<std::exception_ptr> errors(static_cast<std::size_t>(std::max(1, threads)));
  std::vector<std::thread> workers;
  for (std::exception_ptr& error : errors) {
    workers.emplace_back([&] {
      try {
        for (std::size_t i = next++; i < count; i = next++) work(i);
      } catch (...) {
        error = std::current_exception();
        next = count;
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

TokenizedRequest tokenize(const TaskRequest& request, const PlannedTask& planned,
                          const RequestTokenizer& tokenizer) {
  switch (request.kind) {
    case RequestKind::kRolling:
      return planned.bpb ? tokenizer.bpb(request.context, *planned.bpb)
                         : tokenizer.rolling(request.context);
    case RequestKind::kGenerate:
      return tokenizer.generation(request.context, request.generation, request.repeats);
    default:
      return tokenizer.log_likelihood(request.context, request.continuation);
  }
}

/// Moves the requests of one item into the plan, or flags the item.
void place(RunPlan& plan, std::uint32_t t, std::uint32_t i,
           std::vector<TokenizedRequest>& requests) {
  PlannedTask& task = plan.tasks[t];
  PlannedItem& item = task.items[i];
  for (const TokenizedRequest& request : requests) {
    task.longest = std::max(task.longest, request.length);
    if (request.problem.empty() || item.status == "error") continue;
    item.status = request.over_long ? "over_long" : "error";
    item.message = request.problem;
  }
  if (item.status != "ok") return;
  for (std::uint32_t r = 0; r < requests.size(); ++r) {
    item.answers[r].excluded_bytes = requests[r].excluded_bytes;
    item.answers[r].is_greedy = true;  // until a part says otherwise
    item.answers[r].texts.resize(requests[r].generations.size());
    for (ScoreRequest& score : requests[r].scores) {
      ++item.waiting;
      plan.scores.push_back(std::move(score));
      plan.score_homes.push_back({t, i, r, 0});
    }
    for (std::uint32_t repeat = 0; repeat < requests[r].generations.size(); ++repeat) {
      ++item.waiting;
      plan.generations.push_back(std::move(requests[r].generations[repeat]));
      plan.generation_homes.push_back({t, i, r, repeat});
    }
  }
}

}  // namespace

RunPlan render_plan(const TaskFlags& flags, const Tokenizer* tokenizer, Progress& progress) {
  RunPlan plan;
  plan.selection = load_tasks(task_options(flags, tokenizer));
  for (const std::string& note : plan.selection.notes) progress.note(note);
  const Json samples = read_samples(flags.samples);
  check_samples_known(samples, plan.selection);
  std::int64_t done = 0;
  for (const auto& task : plan.selection.tasks) {
    PlannedTask planned;
    planned.task = task;
    planned.doc_ids = chosen_docs(*task, flags, samples);
    for (TaskItem& item : task->items(planned.doc_ids)) {
      PlannedItem one;
      one.answers.resize(item.requests.size());
      one.item = std::move(item);
      planned.items.push_back(std::move(one));
    }
    plan.tasks.push_back(std::move(planned));
    progress.update("tasks rendered", ++done,
                    static_cast<std::int64_t>(plan.selection.tasks.size()));
  }
  return plan;
}

void tokenize_plan(RunPlan& plan, const TaskFlags& flags, const ModelFlags& model,
                   const Tokenizer& tokenizer, int max_length, int threads, Progress& progress) {
  TokenPolicy policy;
  policy.max_length = max_length;
  policy.truncate_left = model.over_long == "truncate-left";
  policy.seed = flags.seed;
  if (!flags.prefix_token.empty() && flags.prefix_token != "none")
    policy.prefix = resolve_prefix(flags.prefix_token, tokenizer);
  const RequestTokenizer requests(tokenizer, policy);
  for (std::uint32_t t = 0; t < plan.tasks.size(); ++t) {
    PlannedTask& task = plan.tasks[t];
    if (const auto asked = task.task->bpb())
      task.bpb = resolve_bpb(*asked, flags, tokenizer, max_length);
    std::vector<std::vector<TokenizedRequest>> tokenized(task.items.size());
    parallel_for(task.items.size(), threads, [&](std::size_t i) {
      for (const TaskRequest& request : task.items[i].item.requests)
        tokenized[i].push_back(tokenize(request, task, requests));
    });
    for (std::uint32_t i = 0; i < task.items.size(); ++i) place(plan, t, i, tokenized[i]);
    progress.update("tasks tokenized", t + 1, static_cast<std::int64_t>(plan.tasks.size()));
  }
}

std::string protocol_json(const TaskFlags& flags, const ModelFlags& model,
                          const Tokenizer* tokenizer, int max_length) {
  Json protocol;
  protocol["add_bos"] = tokenizer ? Json(tokenizer->adds_bos()) : Json(nullptr);
  protocol["max_length"] = max_length;
  protocol["over_long"] = model.over_long;
  protocol["prefix_token"] = flags.prefix_token;
  protocol["bpb_context"] = flags.bpb_context ? Json(*flags.bpb_context) : Json(nullptr);
  protocol["bpb_stride"] = flags.bpb_stride ? Json(*flags.bpb_stride) : Json(nullptr);
  protocol["bpb_window"] = flags.bpb_window;
  protocol["chat_template"] =
      flags.apply_chat_template && tokenizer ? tokenizer->chat_template() : "";
  protocol["fewshot_as_multiturn"] = flags.fewshot_as_multiturn;
  protocol["system_instruction"] = flags.system_instruction;
  return compact_json(protocol);
}

}  // namespace flm
