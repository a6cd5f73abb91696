#include "reports/views/results_json.h"

#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/documents/json.h"
#include "base/sha256.h"
#include "reports/store/run_parts.h"
#include "reports/views/effective_config.h"

namespace flm {
namespace {

Json parsed(const std::string& json, const std::string& what) {
  return json.empty() ? Json() : parse_json(json, what);
}

Json number(std::optional<double> value) { return value ? Json(*value) : Json("N/A"); }

std::string key_of(const Score& score) { return score.metric + "," + score.filter; }

/// bypass is the integer 999 there; every other value is a float.
Json value_of(const Score& score) {
  if (score.metric == "bypass" && score.value) return static_cast<std::int64_t>(*score.value);
  return number(score.value);
}

void put_score(Json& entry, const Score& score) {
  entry[key_of(score)] = value_of(score);
  entry[score.metric + "_stderr," + score.filter] = number(score.stderr_value);
}

Json task_entry(const TaskScores& scores) {
  Json entry;
  entry["name"] = scores.task.task;
  entry["alias"] = scores.task.alias;
  entry["sample_len"] = scores.n + scores.flagged + scores.failed;
  for (const ScoredMetric& scored : scores.metrics) {
    if (!scored.score.beside) put_score(entry, scored.score);
  }
  return entry;
}

Json group_entry(const GroupRecord& group, const GroupScores& scores) {
  Json entry;
  entry["alias"] = group.alias;
  entry["name"] = group.name;
  entry["sample_len"] = scores.n + scores.flagged + scores.failed;
  Json counts = Json::object();
  for (const Score& score : scores.scores) {
    put_score(entry, score);
    counts[key_of(score)] = score.n;
  }
  for (const Score& score : scores.extra) {  // macro, micro and mixtures of bits per byte
    if (score.beside || entry.contains(key_of(score))) continue;
    put_score(entry, score);
    counts[key_of(score)] = score.n;
  }
  if (!counts.empty()) entry["sample_count"] = counts;
  return entry;
}

/// A group's version is a string, "N/A" without one; a task's is what its file says.
Json group_version(const GroupRecord& group) {
  if (group.version_json.empty()) return "N/A";
  const Json version = parse_json(group.version_json, "version of group " + group.name);
  if (version.is_null()) return "N/A";
  return version.is_string() ? version : Json(python_json_dumps(version));
}

Json metric_directions(const TaskRecord& task) {
  Json out = Json::object();
  for (const MetricRecord& m : task.metrics) {
    if (!m.beside) out[m.metric] = m.higher_is_better;
  }
  return out;
}

/// Union over the direct children that are tasks; null where they differ.
Json group_directions(const GroupRecord& group, const LeafScores& leaves) {
  Json out = Json::object();
  for (const std::string& child : group.children) {
    const auto leaf = leaves.find(child);
    if (leaf == leaves.end()) continue;
    for (const MetricRecord& m : leaf->second.task.metrics) {
      if (m.beside) continue;
      if (!out.contains(m.metric)) {
        out[m.metric] = m.higher_is_better;
      } else if (out[m.metric] != m.higher_is_better) {
        out[m.metric] = nullptr;
      }
    }
  }
  return out;
}

/// Of a group whose direct children among the tasks agree; null otherwise.
std::optional<int> group_shots(const GroupRecord& group, const LeafScores& leaves) {
  std::optional<int> shots;
  for (const std::string& child : group.children) {
    const auto leaf = leaves.find(child);
    if (leaf == leaves.end()) continue;  // a group, which has none yet: parents come first
    if (shots && *shots != leaf->second.task.num_fewshot) return std::nullopt;
    shots = leaf->second.task.num_fewshot;
  }
  return shots;
}

Json sorted(const Json& object) {
  std::map<std::string, Json> order;
  for (const auto& [key, value] : object.items()) order[key] = value;
  Json out = Json::object();
  for (const auto& [key, value] : order) out[key] = value;
  return out;
}

void put_results(Json& out, const Report& report, const LeafScores& leaves,
                 const std::map<std::string, GroupScores>& groups) {
  Json results = Json::object(), group_results = Json::object(), subtasks = Json::object();
  for (const TaskRecord& task : report.tasks) results[task.task] = task_entry(leaves.at(task.task));
  // Parents come first in the records, children first in lm-evaluation-harness's results.
  for (auto group = report.groups.rbegin(); group != report.groups.rend(); ++group) {
    const GroupScores& scores = groups.at(group->name);
    results[group->name] = group_entry(*group, scores);
    if (!group->metrics.empty()) group_results[group->name] = results[group->name];
  }
  for (const GroupRecord& group : report.groups) subtasks[group.name] = group.children;
  out["results"] = results;
  if (!group_results.empty()) out["groups"] = group_results;
  out["group_subtasks"] = subtasks;
}

/// A setting of the run, or null where an older record lacks it.
Json setting(const Json& settings, const char* name) {
  return settings.contains(name) ? settings[name] : Json(nullptr);
}

void put_catalogue(Json& out, const Report& report, const LeafScores& leaves) {
  const Json settings = options_part(report.run).value("settings", Json::object());
  Json configs = Json::object(), versions = Json::object(), shots = Json::object();
  Json directions = Json::object(), samples = Json::object();
  for (const TaskRecord& task : report.tasks) {
    configs[task.task] =
        effective_config(parsed(task.config_json, "config of " + task.task), task.num_fewshot,
                         setting(settings, "model_args"), setting(settings, "gen_kwargs"));
    versions[task.task] = parsed(task.version_json, "version of " + task.task);
    shots[task.task] = task.num_fewshot;
    directions[task.task] = metric_directions(task);
    samples[task.task] = {{"original", task.docs_total}, {"effective", task.docs_chosen}};
  }
  for (const GroupRecord& group : report.groups) {
    versions[group.name] = group_version(group);
    if (const auto n = group_shots(group, leaves)) shots[group.name] = *n;
    const Json union_of = group_directions(group, leaves);
    if (!union_of.empty()) directions[group.name] = union_of;
  }
  out["configs"] = configs;
  out["versions"] = sorted(versions);
  out["n-shot"] = sorted(shots);
  out["higher_is_better"] = sorted(directions);
  out["n-samples"] = samples;
}

/// Seconds since 1970, as lm-evaluation-harness dates its results; null for no date.
Json unix_seconds(const std::string& timestamp) {
  int year = 0;
  unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (std::sscanf(timestamp.c_str(), "%d-%u-%uT%u:%u:%uZ", &year, &month, &day, &hour, &minute,
                  &second) != 6) {
    return {};
  }
  using namespace std::chrono;
  const sys_days date(std::chrono::year(year) / month / day);
  return static_cast<double>(sys_seconds(date).time_since_epoch().count() + hour * 3600 +
                             minute * 60 + second);
}

/// Text and its SHA-256, both null where there is none.
void put_text(Json& out, const std::string& key, const Json& text) {
  const bool there = text.is_string() && !text.get<std::string>().empty();
  out[key] = there ? text : Json(nullptr);
  out[key + "_sha"] = there ? Json(sha256_hex(text.get<std::string>())) : Json(nullptr);
}

/// A key of an object, null where either is not there.
Json value_in(const Json& object, const char* key) {
  return object.is_object() && object.contains(key) ? object[key] : Json(nullptr);
}

/// What was typed behind --model_args, or what it would have been.
Json model_args_of(const RunRecord& run, const Json& settings) {
  const Json typed = setting(settings, "model_args");
  return typed.is_object() ? typed : Json{{"pretrained", run.model}};
}

/// The name of what products are computed in: of "flm-cpu-1/fp32" torch.float32; "" for another.
std::string torch_dtype_of(const std::string& numerics) {
  const std::string name = numerics.substr(numerics.rfind('/') + 1);
  if (name == "fp32") return "torch.float32";
  return name == "bf16" ? "torch.bfloat16" : "";
}

/// The commit of a snapshot in the Hugging Face cache; "" of any other folder, as there.
std::string snapshot_of(const std::string& model) {
  constexpr std::size_t kHash = 40;
  const std::string mark = "/snapshots/";
  const std::size_t at = model.find(mark);
  if (at == std::string::npos) return "";
  const std::string hash = model.substr(at + mark.size(), kHash);
  const bool whole =
      hash.size() == kHash && hash.find_first_not_of("0123456789abcdef") == std::string::npos;
  return whole ? hash : "";
}

/// get_model_info(): of what was loaded; a replay loads nothing.
void put_model_info(Json& config, const RunRecord& run, const Json& model_args) {
  const Json parameters = value_in(engine_part(run), "parameters");
  if (!parameters.is_number()) return;
  const Json revision = value_in(model_args, "revision");
  config["model_num_parameters"] = parameters;
  config["model_dtype"] = torch_dtype_of(run.numerics);
  config["model_revision"] = revision.is_string() ? revision : Json("main");
  config["model_sha"] = snapshot_of(run.model);
}

/// The keys of lm-evaluation-harness's config. What was typed and changes nothing here (the batch,
/// the other seeds) stands as it was typed.
Json config_object(const RunRecord& run, const Json& settings, int bootstrap_iterations) {
  const Json model_args = model_args_of(run, settings);
  const Json seed = setting(settings, "seed"), typed = setting(settings, "seeds");
  const Json batch_size = setting(settings, "batch_size");
  const Json gen_kwargs = setting(settings, "gen_kwargs");
  Json out = {{"model", "flmeval"}, {"model_args", model_args}};
  put_model_info(out, run, model_args);
  out["batch_size"] = batch_size.is_string() ? batch_size : Json("auto");
  out["batch_sizes"] = Json::array();
  out["device"] = setting(settings, "device");
  out["use_cache"] = nullptr;
  out["limit"] = setting(settings, "limit");
  out["bootstrap_iters"] = bootstrap_iterations;
  out["gen_kwargs"] = gen_kwargs.is_null() ? Json::object() : gen_kwargs;
  std::size_t next = 0;
  for (const char* key : {"random_seed", "numpy_seed", "torch_seed", "fewshot_seed"}) {
    const bool known = typed.is_array() && next < typed.size();
    out[key] = known ? typed[next] : seed;
    ++next;
  }
  return out;
}

/// "flmeval: 0.1.0\ncores: 2\n...": what computed, where lm-evaluation-harness describes torch.
Json environment_text(const RunRecord& run) {
  const Json environment = environment_part(run);
  std::string out;
  for (const auto& [key, value] : environment.items()) {
    if (key == "process") continue;
    out += key + ": " + (value.is_string() ? value.get<std::string>() : value.dump()) + "\n";
  }
  return out.empty() ? Json() : Json(out);
}

/// [piece, id] of the tokens, where the run has a tokenizer and its record says them.
void put_tokens(Json& out, const Json& options) {
  const Json tokens = value_in(options, "tokens"), logged = value_in(tokens, "logged");
  for (const char* name : {"pad", "eos", "bos"})
    if (const Json token = value_in(logged, name); token.is_array())
      out["tokenizer_" + std::string(name) + "_token"] = token;
  out["eot_token_id"] = value_in(tokens, "eos");
}

/// Turns are asked for with a chat template alone; without one it is null there.
Json multiturn_of(const Json& settings) {
  const Json chat_template = setting(settings, "chat_template");
  const bool chat = chat_template.is_string() && !chat_template.get<std::string>().empty();
  return chat ? setting(settings, "fewshot_as_multiturn") : Json(nullptr);
}

void put_run(Json& out, const RunRecord& run, const LeafScores& leaves, int bootstrap_iterations) {
  const Json options = options_part(run);
  const Json settings = options.contains("settings") ? options["settings"] : Json::object();
  const Json git = value_in(options, "git"), seconds = value_in(cost_part(run), "seconds");
  out["config"] = config_object(run, settings, bootstrap_iterations);
  out["git_hash"] = value_in(git, "commit");
  out["date"] = unix_seconds(run.created);
  out["pretty_env_info"] = environment_text(run);
  out["transformers_version"] = "N/A";  // as there where it is not installed: it took no part
  out["lm_eval_version"] = "N/A";
  out["upper_git_hash"] = value_in(git, "upper");
  put_tokens(out, options);
  out["max_length"] = setting(settings, "max_length");
  Json hashes = Json::object();
  for (const auto& [name, scores] : leaves) {
    if (!scores.task_hash.empty()) hashes[name] = scores.task_hash;
  }
  out["task_hashes"] = hashes;
  out["model_source"] = "flmeval";
  out["model_name"] = run.model;
  out["model_name_sanitized"] = lm_eval_model_name(run.model);
  put_text(out, "system_instruction", setting(settings, "system_instruction"));
  out["fewshot_as_multiturn"] = multiturn_of(settings);
  put_text(out, "chat_template", setting(settings, "chat_template"));
  out["total_evaluation_time_seconds"] =
      seconds.is_number() ? Json(python_float_repr(seconds.get<double>())) : Json();
}

Json task_hashes(const RunRecord& run, const TaskRecord& task) {
  return {{"weights", run.weights_hash},   {"tokenizer", run.tokenizer_hash},
          {"data", task.data_hash},        {"prompts", task.prompts_hash},
          {"protocol", run.protocol_hash}, {"numerics", run.numerics_hash},
          {"task", task.spec_hash}};
}

Json nullable(std::optional<double> value) { return value ? Json(*value) : Json(); }

Json score_object(const Score& score) {
  return {{"metric", score.metric},
          {"filter", score.filter},
          {"value", nullable(score.value)},
          {"stderr", nullable(score.stderr_value)},
          {"low", nullable(score.low)},
          {"high", nullable(score.high)},
          {"interval", score.interval},
          {"n", score.n},
          {"higher_is_better", score.higher_is_better},
          {"beside", score.beside},
          {"cut", nullable(score.cut)},
          {"value_if_cut_wrong", nullable(score.if_cut_wrong)},
          {"value_of_ended", nullable(score.of_ended)},
          {"reason", score.reason},
          {"stderr_reason", score.error_reason}};
}

/// Null where it is not known among how many choices the answers are.
Json choices_object(const ChoiceCounts& choices) {
  if (!choices.chance) return {};
  return {{"fewest", choices.fewest}, {"most", choices.most}, {"chance", *choices.chance}};
}

/// What the record does not say is null.
Json part_or_null(const std::string& json, Json part) {
  return json.empty() ? Json() : std::move(part);
}

Json own_part(const Report& report) {
  const RunRecord& run = report.run;
  Json hashes = Json::object(), rows = Json::array(), samples = Json::array();
  for (const TaskRecord& task : report.tasks) {
    hashes[task.task] = task_hashes(run, task);
    if (task.builtin_sample) samples.push_back(task.task);
  }
  for (const ReportRow& row : report.rows) {
    Json scores = Json::array();
    for (const Score& score : row.scores) scores.push_back(score_object(score));
    rows.push_back({{"name", row.name},
                    {"group", row.is_group},
                    {"depth", row.depth},
                    {"n", row.n},
                    {"flagged", row.flagged},
                    {"failed", row.failed},
                    {"choices", choices_object(row.choices)},
                    {"scores", scores}});
  }
  return {{"schema", 1},
          {"run",
           {{"id", run.id},
            {"name", run.name},
            {"created", run.created},
            {"status", run.status},
            {"model", run.model},
            {"numerics", run.numerics},
            {"fingerprint", run.fingerprint}}},
          {"options", part_or_null(run.options_json, options_part(run))},
          {"engine", part_or_null(run.engine_json, engine_part(run))},
          {"environment", part_or_null(run.environment_json, environment_part(run))},
          {"cost", part_or_null(run.cost_json, cost_part(run))},
          {"hashes", hashes},
          {"builtin_samples", samples},
          {"rows", rows},
          {"warnings", report.warnings},
          {"notes", report.notes}};
}

}  // namespace

std::string lm_eval_model_name(const std::string& model) {
  std::string out;
  bool special = false;  // several in a row are one
  for (const char c : model) {
    const bool again =
        std::exchange(special, std::string("\"<>:/|\\?*[]").find(c) != std::string::npos);
    if (!special) out += c;
    if (special && !again) out += "__";
  }
  return out;
}

std::string make_results_json(const Report& report, const LeafScores& leaves,
                              const std::map<std::string, GroupScores>& groups,
                              int bootstrap_iterations) {
  Json out;
  put_results(out, report, leaves, groups);
  put_catalogue(out, report, leaves);
  put_run(out, report.run, leaves, bootstrap_iterations);
  out["flmeval"] = own_part(report);
  return python_json_dumps(out, 2);
}

}  // namespace flm
