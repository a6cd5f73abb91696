#include "harness/plan/plan.h"

#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/clock.h"
#include "base/errors.h"
#include "harness/model/model_access.h"

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
  options.gen_kwargs = flags.gen_kwargs;
  options.predict_only = flags.predict_only;
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
    // In the order of the data and each once, because shots are drawn in that order.
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
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

/// Runs work(i, worker) for i in [0, count) on up to `threads` workers. Of several errors that of
/// the lowest i is thrown.
template <typename Work>
void share_out(std::size_t count, int threads, Work&& work) {
  const std::size_t size = std::clamp<std::size_t>(static_cast<std::size_t>(std::max(1, threads)),
                                                   1, std::max<std::size_t>(1, count));
  std::atomic<std::size_t> next{0};
  std::vector<std::pair<std::size_t, std::exception_ptr>> errors(size, {count, nullptr});
  const auto run = [&](std::size_t worker) {
    for (std::size_t i = next++; i < count; i = next++) {
      try {
        work(i, worker);
      } catch (...) {
        errors[worker] = {i, std::current_exception()};
        next = count;
        return;
      }
    }
  };
  tbb::task_arena arena(static_cast<int>(size));
  arena.execute([&] { tbb::parallel_for(std::size_t{0}, size, run, tbb::simple_partitioner()); });
  const auto first = std::min_element(
      errors.begin(), errors.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  if (first->second) std::rethrow_exception(first->second);
}

TokenizedRequest tokenize(const TaskRequest& request, const PlannedTask& planned,
                          RequestTokenizer& tokenizer) {
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

struct ItemPlace {
  std::uint32_t task = 0, item = 0;
};

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

RunPlan render_plan(const TaskFlags& flags, const Tokenizer* tokenizer, Progress& progress,
                    std::shared_ptr<const CodeJudge> judge) {
  RunPlan plan;
  const double start = monotonic_seconds();
  TaskOptions options = task_options(flags, tokenizer);
  options.judge = std::move(judge);
  plan.selection = load_tasks(options);
  for (const std::string& note : plan.selection.notes) progress.note(note);
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
      one.item = std::move(item);
    }
    ++done;
    if (worker == 0) progress.update("tasks rendered", done, static_cast<std::int64_t>(count));
  });
  plan.seconds.render = monotonic_seconds() - start - plan.seconds.load;
  return plan;
}

void tokenize_plan(RunPlan& plan, const TaskFlags& flags, const ModelFlags& model,
                   const Tokenizer& tokenizer, int max_length, int threads, Progress& progress) {
  const double start = monotonic_seconds();
  TokenPolicy policy;
  policy.max_length = max_length;
  policy.truncate_left = model.over_long == "truncate-left";
  policy.seed = flags.seed;
  if (!flags.prefix_token.empty() && flags.prefix_token != "none")
    policy.prefix = resolve_prefix(flags.prefix_token, tokenizer);
  std::vector<ItemPlace> places;
  for (std::uint32_t t = 0; t < plan.tasks.size(); ++t) {
    PlannedTask& task = plan.tasks[t];
    if (const auto asked = task.task->bpb())
      task.bpb = resolve_bpb(*asked, flags, tokenizer, max_length);
    for (std::uint32_t i = 0; i < task.items.size(); ++i) places.push_back({t, i});
  }
  // Neighbours share the most text: a thread takes a run of them.
  constexpr std::size_t kRun = 16;
  std::vector<std::vector<TokenizedRequest>> tokenized(places.size());
  std::vector<std::unique_ptr<RequestTokenizer>> encoders(
      static_cast<std::size_t>(std::max(1, threads)));
  for (auto& encoder : encoders) encoder = std::make_unique<RequestTokenizer>(tokenizer, policy);
  const std::size_t runs = (places.size() + kRun - 1) / kRun;
  share_out(runs, threads, [&](std::size_t run, std::size_t worker) {
    const std::size_t end = std::min(places.size(), (run + 1) * kRun);
    for (std::size_t p = run * kRun; p < end; ++p) {
      const PlannedTask& task = plan.tasks[places[p].task];
      for (const TaskRequest& request : task.items[places[p].item].item.requests)
        tokenized[p].push_back(tokenize(request, task, *encoders[worker]));
    }
    if (worker == 0)
      progress.update("documents tokenized", static_cast<std::int64_t>(end),
                      static_cast<std::int64_t>(places.size()));
  });
  for (std::size_t p = 0; p < places.size(); ++p)
    place(plan, places[p].task, places[p].item, tokenized[p]);
  for (const auto& encoder : encoders) plan.bytes_encoded += encoder->bytes_encoded();
  plan.seconds.tokenize = monotonic_seconds() - start;
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
