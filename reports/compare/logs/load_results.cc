#include "reports/compare/logs/load_results.h"

#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/documents/foreign_json.h"
#include "base/errors.h"
#include "reports/compare/logs/group_values.h"
#include "reports/compare/logs/json_part.h"
#include "reports/compare/logs/sample_file.h"
#include "reports/compare/logs/sample_line.h"
#include "reports/statistics/aggregates/aggregations.h"

namespace flm {
namespace {

std::string text_of(const Json& value) { return value.is_string() ? value.get<std::string>() : ""; }

std::int64_t count_of(const Json& value) {
  return value.is_number_integer() ? value.get<std::int64_t>() : 0;
}

/// What lm-evaluation-harness takes where a task file names a metric and no more.
std::string default_aggregation(const std::string& metric) {
  static const std::map<std::string, std::string> known = {
      {"acc", "mean"},
      {"acc_norm", "mean"},
      {"acc_mutual_info", "mean"},
      {"exact_match", "mean"},
      {"likelihood", "mean"},
      {"acc_bytes", "mean"},
      {"acc_all", "acc_all"},
      {"perplexity", "perplexity"},
      {"word_perplexity", "weighted_perplexity"},
      {"byte_perplexity", "weighted_perplexity"},
      {"bits_per_byte", "bits_per_byte"},
      {"f1", "f1"},
      {"mcc", "mcc"},
      {"brier_score", "brier_score"},
      {"bleu", "bleu"},
      {"chrf", "chrf"},
      {"ter", "ter"},
  };
  const auto found = known.find(metric);
  return found == known.end() ? "" : found->second;
}

/// One line of a log after another becomes the items of a task.
class ItemGatherer {
 public:
  ItemGatherer(LoggedTask& task, const std::string& path) : task_(task), path_(path) {}

  void take(const SampleLine& line, const LineSpan& span) {
    task_.has_requests = task_.has_requests && line.has_requests;
    const std::size_t index = item_of(line, span);
    const auto [seen, first] = answers_.try_emplace({index, line.filter}, line.answer);
    if (!first) {
      if (seen->second == line.answer) {
        ++repeated_lines_;
      } else if (task_.contradiction.empty()) {
        task_.contradiction =
            "doc_id " + std::to_string(line.item.doc_id) + " has two different answers in " + path_;
      }
      return;
    }
    for (const auto& [name, numbers] : line.values)
      metric(name, line.filter).values[index] = numbers;
  }

  std::vector<LineSpan> finish() {
    for (LoggedMetric& metric : task_.metrics) metric.values.resize(task_.items.size());
    if (repeated_lines_ > 0)
      task_.notes.push_back(std::to_string(repeated_lines_) +
                            " lines are logged twice and count once: " + path_);
    return std::move(spans_);
  }

 private:
  using Key = std::array<Digest, 5>;

  /// Every filter logs an item again.
  std::size_t item_of(const SampleLine& line, const LineSpan& span) {
    const LoggedItem& item = line.item;
    const Key key = {Digest{0, static_cast<std::uint64_t>(item.doc_id)}, item.document, item.target,
                     item.prompt, item.requests};
    const auto [place, added] = items_.try_emplace(key, task_.items.size());
    if (added) {
      task_.items.push_back(item);
      spans_.push_back(span);
    }
    LoggedItem& kept = task_.items[place->second];
    if (kept.problem.empty()) kept.problem = item.problem;
    for (LoggedMetric& metric : task_.metrics) metric.values.resize(task_.items.size());
    return place->second;
  }

  LoggedMetric& metric(const std::string& name, const std::string& filter) {
    for (LoggedMetric& known : task_.metrics)
      if (known.metric == name && known.filter == filter) return known;
    task_.metrics.push_back(
        {name, filter, "", true, "", "", ItemValues(task_.items.size()), {}, true});
    return task_.metrics.back();
  }

  LoggedTask& task_;
  std::string path_;
  std::map<Key, std::size_t> items_;
  std::map<std::pair<std::size_t, std::string>, Digest> answers_;
  std::int64_t repeated_lines_ = 0;
  std::vector<LineSpan> spans_;  // [items] of the first filter's line
};

/// Texts of a folder's run.
class LoggedTexts : public ItemTexts {
 public:
  struct Log {
    std::unique_ptr<SampleFile> file;
    std::vector<LineSpan> spans;
  };
  void add(const std::string& task, Log log) { logs_[task] = std::move(log); }

  std::vector<ItemText> texts(const std::string& task,
                              const std::vector<std::size_t>& items) override {
    const Log& log = logs_.at(task);
    std::vector<ItemText> out(items.size());
    oneapi::tbb::parallel_for(std::size_t{0}, items.size(), [&](std::size_t i) {
      out[i] = text_of_sample_line(log.file->line(log.spans.at(items[i])), log.file->path());
    });
    return out;
  }

 private:
  std::map<std::string, Log> logs_;
};

LoggedTexts::Log read_log(LoggedTask& task, const std::string& path) {
  LoggedTexts::Log log;
  log.file = std::make_unique<SampleFile>(path);
  ItemGatherer gatherer(task, path);
  std::vector<SampleLine> lines(SampleFile::kLinesAtOnce);
  log.file->for_each_line(
      [&](std::string_view line, std::size_t number, std::size_t slot) {
        lines[slot] = parse_sample_line(line, path + ":" + std::to_string(number));
      },
      [&](const LineSpan& span, std::size_t slot) { gatherer.take(lines[slot], span); });
  log.spans = gatherer.finish();
  task.has_samples = !task.items.empty();
  return log;
}

/// The definition of a filter by its name; "none" where the task file has no filters.
std::string filter_definition(const Json& config, const std::string& filter) {
  for (const Json& entry : part(config, "filter_list"))
    if (text_of(part(entry, "name")) == filter) return part(entry, "filter").dump();
  return "";
}

/// Ours name a metric with its protocol, bpb@ctx2048/...; the task file says bpb.
std::string name_in_task_file(const std::string& metric) {
  return metric.substr(0, metric.find('@'));
}

/// As the results say it, else the task file, else what the aggregation can only mean.
std::optional<bool> direction_of(const LoggedMetric& metric, const Json& directions) {
  static const std::set<std::string> down = {
      "weighted_perplexity", "perplexity", "bits_per_byte", "bpb", "brier_score", "ter"};
  const Json& stated = part(directions, metric.metric.c_str());
  if (stated.is_boolean()) return stated.get<bool>();
  if (!metric.metric_json.empty()) {
    const Json definition = Json::parse(metric.metric_json);
    if (const Json& listed = part(definition, "higher_is_better"); listed.is_boolean())
      return listed.get<bool>();
  }
  if (down.contains(metric.aggregation)) return false;
  if (!default_aggregation(metric.metric).empty()) return true;
  return std::nullopt;
}

void define_metrics(LoggedTask& task, const Json& directions, const Json& entry) {
  for (LoggedMetric& metric : task.metrics) {
    metric.filter_json = filter_definition(*task.config, metric.filter);
    metric.aggregation = default_aggregation(metric.metric);
    for (const Json& listed : part(*task.config, "metric_list")) {
      if (text_of(part(listed, "metric")) != name_in_task_file(metric.metric)) continue;
      metric.metric_json = listed.dump();
      if (const std::string name = text_of(part(listed, "aggregation")); !name.empty())
        metric.aggregation = name == "matthews_corrcoef" ? "mcc" : name;
      else if (name_in_task_file(metric.metric) == "bpb")
        metric.aggregation = "bpb";
    }
    const std::optional<bool> up = direction_of(metric, directions);
    metric.direction_known = up.has_value();
    metric.higher_is_better = up.value_or(true);
    if (const Json& value = part(entry, (metric.metric + "," + metric.filter).c_str());
        value.is_number())
      metric.reported = value.get<double>();
  }
  // The task file's order: its first metric is the one that is judged.
  std::vector<std::string> order;
  for (const Json& listed : part(*task.config, "metric_list"))
    order.push_back(text_of(part(listed, "metric")));
  const auto place = [&](const LoggedMetric& metric) {
    return std::find(order.begin(), order.end(), name_in_task_file(metric.metric)) - order.begin();
  };
  std::stable_sort(
      task.metrics.begin(), task.metrics.end(),
      [&](const LoggedMetric& a, const LoggedMetric& b) { return place(a) < place(b); });
}

/// An aggregation that nobody names (a function of the task's own) is the mean where it gives the
/// mean.
void recognise_means(LoggedTask& task) {
  for (LoggedMetric& metric : task.metrics) {
    if (find_aggregation(metric.aggregation) || !metric.reported) continue;
    ItemValues values;
    for (const std::vector<double>& item : metric.values)
      if (item.size() == 1) values.push_back(item);
    const auto mean = aggregate("mean", values);
    if (mean && std::fabs(*mean - *metric.reported) <= 1e-9 * std::max(1.0, std::fabs(*mean)))
      metric.aggregation = "mean";
  }
}

/// The value of the results file is that of the samples, or the report says so.
void check_reported(LoggedTask& task, const std::string& name) {
  if (!task.has_samples) return;
  const auto logged = static_cast<std::int64_t>(task.items.size());
  if (task.chosen > 0 && logged != task.chosen) {
    task.notes.push_back(name + " logs " + std::to_string(logged) + " samples, its results say " +
                         std::to_string(task.chosen) +
                         ": the value in its results file is not that of its samples");
    return;
  }
  for (const LoggedMetric& metric : task.metrics) {
    ItemValues values;
    for (const std::vector<double>& item : metric.values)
      if (!item.empty()) values.push_back(item);
    const auto value = values.empty() ? std::nullopt : aggregate(metric.aggregation, values);
    if (value && metric.reported &&
        std::fabs(*value - *metric.reported) > 1e-6 * std::max(1.0, std::fabs(*value)))
      task.notes.push_back(name + " reports " + metric.metric + " " +
                           python_float_repr(*metric.reported) + ", its samples give " +
                           python_float_repr(*value));
  }
}

Json protocol_of(const Json& results) {
  Json out;
  for (const char* key : {"system_instruction", "chat_template", "fewshot_as_multiturn"})
    out[key] = part(results, key);
  const Json& config = part(results, "config");
  for (const char* key : {"gen_kwargs", "fewshot_seed", "limit"}) out[key] = part(config, key);
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

LoggedRun load_results(const ResultsFiles& files) {
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
      texts->add(name, read_log(task, file->second));
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
