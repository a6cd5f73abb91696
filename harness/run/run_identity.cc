#include "harness/run/run_identity.h"

#include <sys/utsname.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>

#include "base/sha256.h"
#include "base/system/clock.h"
#include "base/system/git_commit.h"
#include "base/system/machine.h"
#include "base/system/process.h"
#include "harness/model/model_access.h"
#include "harness/plan/plan_cost.h"
#include "harness/plan/protocol.h"
#include "harness/proof/oracle.h"
#include "harness/run/resume.h"
#include "harness/run/sample_records.h"
#include "reports/store/record_json.h"
#include "reports/store/run_parts.h"
#include "tasks/python/key_values.h"

namespace flm {
namespace {

Json engine_object(const EngineInfo& info) {
  Json json;
  json["model_type"] = info.model_type;
  json["parameters"] = info.parameters;
  json["weight_dtype"] = info.weight_dtype;
  json["layers"] = info.layers;
  json["hidden"] = info.hidden;
  json["vocab_rows"] = info.vocab_rows;
  json["max_length"] = info.max_length;
  json["device"] = info.device;
  json["isa"] = info.isa_with_advice();
  json["threads"] = info.threads;
  json["tensor_parallel"] = info.tensor_parallel;
  json["data_parallel"] = info.data_parallel;
  if (info.pipeline_parallel > 1) json["pipeline_parallel"] = info.pipeline_parallel;
  json["config_hash"] = info.config_hash;
  json["numerics"] = info.numerics;
  json["rounding"] = RoundingModel(info).deviation(1);  // of a log-probability of 1 nat
  return json;
}

/// Everything that determines the figures: who answers, what is asked, and how the answers are
/// scored and put together.
std::string fingerprint(const RunRecord& record, const RunPlan& plan) {
  const ModelHashes model = model_hashes(record);
  Sha256 hash;
  for (const std::string& part :
       {std::string("fingerprint/2"), model.weights, model.config, model.tokenizer, model.numerics,
        record.protocol_hash, record.groups_json}) {
    hash.update(part).update("\n");
  }
  for (const PlannedTask& task : plan.tasks) {
    hash.update(task.task->name())
        .update("\n")
        .update(task.task->spec_hash())
        .update(task.task->data_hash());
    for (const PlannedItem& item : task.items) {
      hash.update(std::to_string(item.item.doc_id) + item.item.prompt_hash + item.item.target_hash);
    }
  }
  for (const ScoreRequest& request : plan.scores) hash.update(score_key(model, request));
  for (const GenerateRequest& request : plan.generations) {
    hash.update(generation_key(model, request))
        .update(" " + std::to_string(request.max_new_tokens) + "\n");
  }
  return hash.hex();
}

/// What lm-evaluation-harness's results say of a run beside its figures.
Json settings_object(const Options& options, const std::string& protocol) {
  const Json rules = parse_json(protocol, "protocol");
  Json out;
  out["limit"] = options.task.limit > 0 ? Json(options.task.limit) : Json(nullptr);
  out["seed"] = options.task.seed;
  for (const char* key : {"max_length", "system_instruction", "chat_template",
                          "fewshot_as_multiturn", "add_bos", "over_long"})
    out[key] = rules.at(key);
  if (rules.contains("chat_template_args")) out["chat_template_args"] = rules["chat_template_args"];
  out["device"] = options.model.device;
  if (!options.task.gen_kwargs.empty()) out["gen_kwargs"] = key_values(options.task.gen_kwargs);
  if (!options.model.model_args.empty()) out["model_args"] = key_values(options.model.model_args);
  if (!options.lm_eval.batch_size.empty()) out["batch_size"] = options.lm_eval.batch_size;
  for (const std::string& seed : options.lm_eval.seeds)  // None: not set
    out["seeds"].push_back(seed.empty() || seed.size() > 18 ||
                                   seed.find_first_not_of("0123456789") != std::string::npos
                               ? Json()
                               : Json(static_cast<std::int64_t>(std::stoll(seed))));
  return out;
}

/// [piece, id] as lm-evaluation-harness writes a token: texts both, "None" where there is none.
Json logged_token(const Tokenizer& tokenizer, std::optional<std::int32_t> token) {
  if (!token) return Json::array({nullptr, "None"});
  return Json::array({tokenizer.piece(*token), std::to_string(*token)});
}

/// Which token pads there: the one that is named so, else the unknown one, else EOS
/// (configure_pad_token). Null where that one is no token of its own.
Json padding_token(const Tokenizer& tokenizer) {
  for (const char* name : {"pad_token", "unk_token"})
    for (const NamedText& one : tokenizer.special_token_texts()) {
      if (one.name != name || one.text.empty()) continue;
      const std::vector<std::int32_t> ids = tokenizer.encode_ids(one.text, false);
      return ids.size() == 1 ? logged_token(tokenizer, ids[0]) : Json();
    }
  return tokenizer.eos() ? logged_token(tokenizer, tokenizer.eos()) : Json();
}

Json token_ids(const Tokenizer* tokenizer) {
  if (!tokenizer) return nullptr;
  const auto id = [](std::optional<std::int32_t> token) {
    return token ? Json(*token) : Json(nullptr);
  };
  Json out = {{"bos", id(tokenizer->bos())}, {"eos", id(tokenizer->eos())}};
  out["logged"] = {{"eos", logged_token(*tokenizer, tokenizer->eos())},
                   {"bos", logged_token(*tokenizer, tokenizer->named_bos())}};
  if (const Json pad = padding_token(*tokenizer); !pad.is_null()) out["logged"]["pad"] = pad;
  return out;
}

/// Of the folder's repository, and of the one that holds it as a submodule; null where there is
/// none.
Json git_commits(const std::filesystem::path& folder) {
  const auto or_null = [](const std::string& hash) { return hash.empty() ? Json() : Json(hash); };
  return {{"commit", or_null(short_git_commit_around(folder))},
          {"upper", or_null(git_commit_in(folder.parent_path()))}};
}

}  // namespace

std::string new_run_id() {
  std::string id = utc_timestamp();  // 2026-11-24T20:30:13Z
  for (char& c : id) {
    if (c == ':') c = '-';
  }
  id.back() = '-';
  std::random_device random;
  static const char* digits = "0123456789abcdef";
  for (int i = 0; i < 6; ++i) id += digits[random() % 16];
  return id;
}

std::string environment_json() {
  utsname machine{};
  uname(&machine);
  Json json;
  json["flmeval"] = FLM_VERSION;
  json["compiler"] = __VERSION__;
  json["system"] = std::string(machine.sysname) + " " + machine.release + " " + machine.machine;
  json["process"] = this_process();
  json["cores"] = available_threads();
  return compact_json(json);
}

ModelHashes model_hashes(const RunRecord& record) {
  return {record.weights_hash, engine_part(record).value("config_hash", ""), record.numerics_hash,
          record.tokenizer_hash};
}

RunRecord describe_run(const Options& options, const RunPlan& plan, const Engine* engine,
                       const Tokenizer* tokenizer) {
  RunRecord record;
  record.id = new_run_id();
  record.name = options.run.name;
  record.created = utc_timestamp();
  record.status = "running";
  record.model = options.model.model;
  record.tokenizer_hash = tokenizer ? tokenizer->hash() : "";
  const int max_length = engine ? engine->info().max_length : 0;
  const std::string protocol = protocol_json(options.task, options.model, tokenizer, max_length);
  record.protocol_hash = sha256_hex(protocol);
  const std::filesystem::path folder = std::filesystem::current_path();
  record.options_json = compact_json(Json{{"arguments", stored_arguments(options)},
                                          {"folder", folder.string()},
                                          {"git", git_commits(folder)},
                                          {"settings", settings_object(options, protocol)},
                                          {"tokens", token_ids(tokenizer)},
                                          {"data",
                                           {{"root", data_root(options.task)},
                                            {"notes", plan.selection.notes},
                                            {"copies", plan.selection.copies}}}});
  if (tokenizer && !tokenizer->notes().empty()) {
    Json options_and_notes = parse_json(record.options_json, "options");
    options_and_notes["notes"] = tokenizer->notes();
    record.options_json = compact_json(options_and_notes);
  }
  record.numerics = engine ? engine->info().numerics : "replay";
  record.numerics_hash = engine ? engine->info().numerics_hash : sha256_hex("replay");
  record.engine_json = engine ? compact_json(engine_object(engine->info())) : "{}";
  record.environment_json = environment_json();
  record.groups_json = encode_groups(make_group_records(plan));
  return record;
}

RunRecord make_run_record(const Options& options, const RunPlan& plan,
                          const std::string& weights_hash, const Engine* engine,
                          const Tokenizer* tokenizer, const EnginePlan& cost) {
  RunRecord record = describe_run(options, plan, engine, tokenizer);
  record.weights_hash = weights_hash;
  record.cost_json = cost_json(cost);
  record.fingerprint = fingerprint(record, plan);
  return record;
}

std::string question_hash(const RunRecord& record, const std::vector<TaskRecord>& tasks) {
  const ModelHashes model = model_hashes(record);
  const Json settings = options_part(record).value("settings", Json::object());
  const Json seed = settings.value("seed", Json());
  Sha256 hash;
  for (const std::string& part : {model.config, model.numerics, model.tokenizer,
                                  record.protocol_hash, record.groups_json, seed.dump()})
    hash.update(part).update("\n");
  for (const TaskRecord& task : tasks) {
    for (const std::string& part : {task.task, task.spec_hash, task.data_hash, task.prompts_hash})
      hash.update(part).update("\n");
  }
  return hash.hex();
}

}  // namespace flm
