#include "harness/plan/tokenize.h"

#include <algorithm>

#include "base/errors.h"
#include "base/system/clock.h"
#include "harness/plan/packed_text.h"
#include "harness/plan/request_tokens.h"
#include "harness/plan/share_out.h"

namespace flm {
namespace {

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

/// The documents of a task that asks for packed windows, in their order, those that cannot be
/// scored left out. `tokenized` begins with the task's first item.
void pack(const PlannedTask& task, std::vector<TokenizedRequest>* tokenized) {
  std::vector<std::vector<std::int32_t>> documents;
  std::vector<TokenizedRequest*> homes;
  for (std::size_t i = 0; i < task.items.size(); ++i) {
    if (tokenized[i].size() > 1)
      throw UserError(
          "packed windows are for whole texts, and an item of this task asks several "
          "things; give --bpb-window stride: " +
          task.task->name());
    if (tokenized[i].empty() || !tokenized[i][0].problem.empty()) continue;
    homes.push_back(&tokenized[i][0]);
    documents.push_back(std::move(homes.back()->packed));
  }
  auto requests = packed_requests(documents, task.bpb->prefix.value(), task.bpb->context);
  for (std::size_t i = 0; i < homes.size(); ++i) homes[i]->scores = std::move(requests[i]);
}

TokenPolicy token_policy(const TaskFlags& flags, const ModelFlags& model,
                         const Tokenizer& tokenizer, int max_length) {
  TokenPolicy policy;
  policy.max_length = max_length;
  policy.truncate_left = model.over_long == "truncate-left";
  policy.seed = flags.seed;
  if (!flags.prefix_token.empty() && flags.prefix_token != "none")
    policy.prefix = resolve_prefix(flags.prefix_token, tokenizer);
  return policy;
}

/// [places] the requests of each item, by as many threads as there are encoders.
std::vector<std::vector<TokenizedRequest>> tokenize_items(
    const RunPlan& plan, const std::vector<ItemPlace>& places,
    const std::vector<std::unique_ptr<RequestTokenizer>>& encoders, Progress& progress) {
  // Neighbours share the most text: a thread takes a run of them.
  constexpr std::size_t kRun = 16;
  std::vector<std::vector<TokenizedRequest>> out(places.size());
  const std::size_t runs = (places.size() + kRun - 1) / kRun;
  const int threads = static_cast<int>(encoders.size());
  share_out(runs, threads, [&](std::size_t run, std::size_t worker) {
    const std::size_t end = std::min(places.size(), (run + 1) * kRun);
    for (std::size_t p = run * kRun; p < end; ++p) {
      const PlannedTask& task = plan.tasks[places[p].task];
      for (const TaskRequest& request : task.items[places[p].item].item.requests)
        out[p].push_back(tokenize(request, task, *encoders[worker]));
    }
    if (worker == 0)
      progress.update("documents tokenized", static_cast<std::int64_t>(end),
                      static_cast<std::int64_t>(places.size()));
  });
  progress.update("documents tokenized", 0, 0);  // the last were another worker's, perhaps
  return out;
}

}  // namespace

void tokenize_plan(RunPlan& plan, const TaskFlags& flags, const ModelFlags& model,
                   const Tokenizer& tokenizer, int max_length, int threads, Progress& progress) {
  const double start = monotonic_seconds();
  const TokenPolicy policy = token_policy(flags, model, tokenizer, max_length);
  std::vector<ItemPlace> places;
  for (std::uint32_t t = 0; t < plan.tasks.size(); ++t) {
    PlannedTask& task = plan.tasks[t];
    if (const auto asked = task.task->bpb())
      task.bpb = resolve_bpb(*asked, flags, tokenizer, max_length);
    for (std::uint32_t i = 0; i < task.items.size(); ++i) places.push_back({t, i});
  }
  std::vector<std::unique_ptr<RequestTokenizer>> encoders(
      static_cast<std::size_t>(std::max(1, threads)));
  for (auto& encoder : encoders) encoder = std::make_unique<RequestTokenizer>(tokenizer, policy);
  std::vector<std::vector<TokenizedRequest>> tokenized =
      tokenize_items(plan, places, encoders, progress);
  std::size_t first = 0;  // place of the task's first item
  for (const PlannedTask& task : plan.tasks) {
    if (task.bpb && task.bpb->packed) pack(task, &tokenized[first]);
    first += task.items.size();
  }
  for (std::size_t p = 0; p < places.size(); ++p)
    place(plan, places[p].task, places[p].item, tokenized[p]);
  for (const auto& encoder : encoders) plan.bytes_encoded += encoder->bytes_encoded();
  plan.seconds.tokenize = monotonic_seconds() - start;
}

}  // namespace flm
