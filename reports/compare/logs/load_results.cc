#include "reports/compare/logs/load_results.h"

#include <cmath>
#include <ctime>
#include <filesystem>
#include <map>
#include <set>

#include "base/documents/foreign_json.h"
#include "base/errors.h"
#include "reports/compare/logs/group_values.h"
#include "reports/compare/logs/json_part.h"
#include "reports/compare/logs/logged_metrics.h"
#include "reports/compare/logs/logged_samples.h"

namespace flm {
namespace {

std::int64_t count_of(const Json& value) {
  return value.is_number_integer() ? value.get<std::int64_t>() : 0;
}

Json protocol_of(const Json& results) {
  Json out;
  for (const char* key : {"system_instruction", "chat_template", "fewshot_as_multiturn"})
    out[key] = part(results, key);
  const Json& config = part(results, "config");
  for (const char* key : {"gen_kwargs", "fewshot_seed", "limit"}) out[key] = part(config, key);
  if (out["gen_kwargs"].empty()) out["gen_kwargs"] = nullptr;  // {}: none
  out["random_seed"] = part(config, "random_seed");
  out["numpy_seed"] = part(config, "numpy_seed");
  out["torch_seed"] = part(config, "torch_seed");
  out["max_length"] = part(results, "max_length");
  for (const char* key : {"add_bos", "over_long"})
    out[key] = part(part(part(part(results, "flmeval"), "options"), "settings"), key);
  return out;
}

std::string tokenizer_of(const Json& results) {
  Json out;
  for (const char* key :
       {"tokenizer_pad_token", "tokenizer_eos_token", "tokenizer_bos_token", "eot_token_id"})
    if (const Json& value = part(results, key); !value.is_null()) out[key] = value;
  return out.is_null() ? "" : out.dump();
}

LoggedTask task_of(const Json& results, const std::string& name, const Json& config) {
  LoggedTask task;
  task.name = name;
  task.config = std::make_shared<const Json>(config);
  const Json& entry = part(part(results, "results"), name.c_str());
  task.alias = text_of(part(entry, "alias"));
  if (task.alias.find_first_not_of(" -") != std::string::npos)  // " - subject" below a group
    task.alias = task.alias.substr(task.alias.find_first_not_of(" -"));
  task.version_json = part(part(results, "versions"), name.c_str()).dump();
  const Json& shots = part(part(results, "n-shot"), name.c_str());
  task.num_fewshot =
      static_cast<int>(count_of(shots.is_null() ? part(config, "num_fewshot") : shots));
  const Json& counts = part(part(results, "n-samples"), name.c_str());
  task.documents = count_of(part(counts, "original"));
  task.chosen = count_of(part(counts, "effective"));
  const Json& hashes = part(part(part(results, "flmeval"), "hashes"), name.c_str());
  task.spec_hash = text_of(part(hashes, "task"));
  task.data_hash = text_of(part(hashes, "data"));
  for (const Json& sample : part(part(results, "flmeval"), "builtin_samples"))
    task.builtin_sample = task.builtin_sample || sample == name;
  return task;
}

std::vector<LoggedGroup> groups_of(const Json& results) {
  std::vector<LoggedGroup> out;
  for (const auto& [name, children] : part(results, "group_subtasks").items()) {
    LoggedGroup group;
    group.name = name;
    group.alias = text_of(part(part(part(results, "results"), name.c_str()), "alias"));
    group.pooled = part(results, "groups").contains(name);
    for (const Json& child : children) group.children.push_back(text_of(child));
    if (!group.children.empty()) out.push_back(std::move(group));
  }
  return out;
}

std::string date_of(const Json& results) {
  const Json& own = part(part(part(results, "flmeval"), "run"), "created");
  if (own.is_string()) return own.get<std::string>().substr(0, 10);
  const Json& seconds = part(results, "date");
  if (!seconds.is_number() || !(std::fabs(seconds.get<double>()) < 1e11)) return "";
  const std::time_t time = static_cast<std::time_t>(seconds.get<double>());
  std::tm utc{};
  char text[32];
  if (!gmtime_r(&time, &utc) || std::strftime(text, sizeof text, "%Y-%m-%d", &utc) == 0) return "";
  return text;
}

void describe(LoggedRun& run, const Json& results, const ResultsFiles& files) {
  run.about.origin = files.folder;
  run.about.model = text_of(part(results, "model_name"));
  run.about.date = date_of(results);
  const Json& own = part(results, "flmeval");
  run.about.numerics = text_of(part(part(own, "run"), "numerics"));
  for (const auto& [task, hashes] : part(own, "hashes").items()) {
    run.about.weights_hash = text_of(part(hashes, "weights"));
    run.tokenizer_hash = text_of(part(hashes, "tokenizer"));
  }
  run.model_hash = text_of(part(part(own, "engine"), "config_hash"));
  if (const Json& rounding = part(part(own, "engine"), "rounding"); rounding.is_number())
    run.rounding = rounding.get<double>();
  run.tokenizer_json = tokenizer_of(results);
  run.protocol = std::make_shared<const Json>(protocol_of(results));
  if (!files.older.empty())
    run.about.notes.push_back(std::to_string(files.older.size()) + " older results in " +
                              files.folder + " do not count, " +
                              std::filesystem::path(files.older.back()).filename().string() +
                              " the newest of them");
}

}  // namespace

LoggedRun load_results(const ResultsFiles& files, const TextStatistics& statistics) {
  const Json results = read_foreign_json_file(files.results);
  if (!part(results, "results").is_object() || !part(results, "configs").is_object())
    throw UserError(
        "no results of lm-evaluation-harness or flmeval, \"results\" and \"configs\" are wanted: " +
        files.results);
  LoggedRun run;
  describe(run, results, files);
  run.groups = groups_of(results);
  const auto texts = std::make_shared<LoggedTexts>();
  const std::map<std::string, std::string> samples(files.samples.begin(), files.samples.end());
  std::set<std::string> groups;
  for (const LoggedGroup& group : run.groups) groups.insert(group.name);
  for (const auto& [name, config] : results["configs"].items()) {
    if (groups.contains(name)) continue;
    LoggedTask task = task_of(results, name, config);
    if (const auto file = samples.find(name); file != samples.end())
      texts->add(name, read_log(task, file->second, statistics));
    define_metrics(task, part(part(results, "higher_is_better"), name.c_str()),
                   part(part(results, "results"), name.c_str()));
    recognise_means(task);
    check_reported(task, std::filesystem::path(files.folder).filename().string());
    run.tasks.push_back(std::move(task));
  }
  read_group_values(run, results, std::filesystem::path(files.folder).filename().string(),
                    part(results, "flmeval").is_null());
  run.about.texts = texts;
  return run;
}

}  // namespace flm
