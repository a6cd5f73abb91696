#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "harness/commands.h"
#include "harness/exit_code.h"
#include "harness/jsonl.h"
#include "harness/model_access.h"
#include "harness/plan.h"
#include "reports/store.h"

namespace flm {
namespace {

const char* type_name(RequestKind kind) {
  switch (kind) {
    case RequestKind::kRolling:
      return "loglikelihood_rolling";
    case RequestKind::kGenerate:
      return "generate_until";
    default:
      return "loglikelihood";
  }
}

Json request_line(const std::string& task, const TaskItem& item, const TaskRequest& request) {
  Json line;
  line["task"] = task;
  line["doc_id"] = item.doc_id;
  line["request_type"] = type_name(request.kind);
  line["prompt"] = request.context;
  line["targets"] = Json::array();
  if (request.kind == RequestKind::kLoglikelihood) line["targets"].push_back(request.continuation);
  line["generation"] = request.kind == RequestKind::kGenerate
                           ? parse_json(request.generation.as_json, "generation options")
                           : Json(nullptr);
  line["fewshot_ids"] = item.fewshot_ids;
  line["doc_hash"] = item.doc_hash;
  line["prompt_hash"] = item.prompt_hash;
  line["target_hash"] = item.target_hash;
  return line;
}

/// What the engine would get: ids of every score or generation request.
void add_tokens(Json& line, const TaskRequest& request, RequestTokenizer& tokenizer) {
  TokenizedRequest tokenized;
  if (request.kind == RequestKind::kGenerate) {
    tokenized = tokenizer.generation(request.context, request.generation, 1);
  } else if (request.kind == RequestKind::kRolling) {
    tokenized = tokenizer.rolling(request.context);
  } else {
    tokenized = tokenizer.log_likelihood(request.context, request.continuation);
  }
  Json ids = Json::array();
  for (const ScoreRequest& score : tokenized.scores)
    ids.push_back({{"tokens", score.tokens}, {"first_scored", score.first_scored}});
  for (const GenerateRequest& generation : tokenized.generations)
    ids.push_back({{"tokens", generation.prompt}});
  line["engine"] = std::move(ids);
  if (!tokenized.problem.empty()) line["problem"] = tokenized.problem;
}

void add_results(Json& line, Store& store, const RunRecord& run, const std::string& task,
                 std::int64_t doc) {
  Json results = Json::array();
  for (const SampleRecord& sample : store.samples(run.id, task)) {
    if (sample.doc_id != doc) continue;
    Json values = Json::object();
    for (const auto& [metric, value] : sample.values) values[metric] = value;
    results.push_back(
        {{"filter", sample.filter},
         {"status", sample.status},
         {"resps", parse_json(sample.resps_json.empty() ? "null" : sample.resps_json, "record")},
         {"filtered",
          parse_json(sample.filtered_json.empty() ? "null" : sample.filtered_json, "record")},
         {"values", values}});
  }
  line["results"] = std::move(results);
}

void print_readable(const Json& line) {
  std::printf("=== %s document %lld, %s\n%s\n", line["task"].get<std::string>().c_str(),
              line["doc_id"].get<long long>(), line["request_type"].get<std::string>().c_str(),
              line["prompt"].get<std::string>().c_str());
  for (const Json& target : line["targets"])
    std::printf("--- target: \"%s\"\n", target.get<std::string>().c_str());
  for (const char* key : {"generation", "fewshot_ids", "engine", "problem", "results"}) {
    if (line.contains(key) && !line[key].is_null() && !line[key].empty())
      std::printf("--- %s: %s\n", key, line[key].dump().c_str());
  }
}

}  // namespace

int command_show(const Options& given, Progress& progress) {
  Options options = given;
  std::unique_ptr<Tokenizer> tokenizer;
  TokenPolicy policy;
  policy.max_length = 1 << 30;
  if (!options.model.model.empty()) {
    options.model = settle_model_flags(options.model);
    if (!is_replay(options.model)) tokenizer = open_tokenizer(options.model);
    if (options.model.max_length > 0) policy.max_length = options.model.max_length;
  }
  std::unique_ptr<Store> store;
  RunRecord run;
  if (!options.run.resume.empty()) {
    store = Store::open(options.run.store);
    run = store->find_run(options.run.resume);
  }
  if (options.doc && options.task.limit == 0 && options.task.samples.empty())
    options.task.limit = static_cast<double>(*options.doc + 1);
  const RunPlan plan = render_plan(options.task, tokenizer.get(), progress);
  std::unique_ptr<RequestTokenizer> requests;
  if (tokenizer) requests = std::make_unique<RequestTokenizer>(*tokenizer, policy);
  std::int64_t shown = 0;
  for (const PlannedTask& task : plan.tasks) {
    for (const PlannedItem& item : task.items) {
      if (options.doc && item.item.doc_id != *options.doc) continue;
      for (const TaskRequest& request : item.item.requests) {
        Json line = request_line(task.task->name(), item.item, request);
        if (tokenizer) add_tokens(line, request, *requests);
        if (store) add_results(line, *store, run, task.task->name(), item.item.doc_id);
        options.json ? print_line(compact_json(line)) : print_readable(line);
        ++shown;
      }
    }
  }
  if (shown == 0 && options.doc)
    throw UserError("no such document among those chosen: --doc " + std::to_string(*options.doc));
  return kDone;
}

}  // namespace flm
