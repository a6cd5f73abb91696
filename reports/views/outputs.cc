#include "reports/views/outputs.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/documents/json.h"
#include "base/sha256.h"
#include "base/system/clock.h"
#include "base/system/files.h"
#include "reports/store/sample_parts.h"
#include "reports/views/logged_values.h"
#include "reports/views/results_json.h"
#include "reports/views/views.h"

namespace flm {
namespace {

constexpr std::size_t kFullPrompts = 3;  // documents of a task logged in full by default
constexpr std::size_t kLongestName = 180;

/// {"gen_args_0": {"arg_0": ..., "arg_1": ...}, ...}; arg_0 is the prompt.
Json logged_arguments(const SampleRecord& sample, LogPrompts prompts) {
  Json out = Json::object();
  if (prompts == LogPrompts::kNone) return out;
  const Json arguments = sample_arguments(sample);
  auto& requests = out.get_ref<Json::object_t&>();  // a list: looking names up is quadratic
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    Json& request = requests.emplace_back("gen_args_" + std::to_string(i), Json()).second;
    for (std::size_t j = 0; j < arguments[i].size(); ++j) {
      const Json& argument = arguments[i][j];
      const bool hashed = j == 0 && prompts == LogPrompts::kHash && argument.is_string();
      request["arg_" + std::to_string(j)] =
          hashed ? Json("sha256:" + sha256_hex(argument.get<std::string>())) : argument;
    }
  }
  return out;
}

bool is_beside(const TaskRecord& task, const std::string& metric) {
  return std::any_of(task.metrics.begin(), task.metrics.end(),
                     [&](const MetricRecord& m) { return m.beside && m.metric == metric; });
}

/// Every metric by its name: of an item without a score all that its task has, so that a column of
/// them has no holes.
std::vector<std::pair<std::string, Json>> logged_metrics(const TaskRecord& task,
                                                         const LoggedValues& logged,
                                                         const SampleRecord& sample) {
  std::vector<std::pair<std::string, Json>> out;
  for (const auto& [metric, values] : sample.values)
    if (metric != kChoiceCounts) out.emplace_back(metric, logged.of(sample, metric, values));
  if (sample.scored() || !out.empty()) return out;
  for (const MetricRecord& metric : task.metrics)
    if (metric.filter == sample.filter) out.emplace_back(metric.metric, logged_gap(metric.metric));
  return out;
}

/// Responses, and what the filter left of them, in the form of answers where there are none.
void put_responses(Json& out, const SampleRecord& sample) {
  out["resps"] = sample_responses(sample);
  out["filtered_resps"] = sample_filtered(sample);
  if (sample.scored()) return;
  if (out["resps"].empty()) out["resps"] = blank_responses(sample_arguments(sample));
  if (out["filtered_resps"].empty())
    out["filtered_resps"] = blank_filtered(sample_arguments(sample));
}

Json logged_sample(const TaskRecord& task, const LoggedValues& logged, const SampleRecord& sample,
                   LogPrompts prompts) {
  Json out;
  out["doc_id"] = sample.doc_id;
  out["doc"] = sample_doc(sample);
  out["target"] = sample.target;
  out["arguments"] = logged_arguments(sample, prompts);
  put_responses(out, sample);
  out["filter"] = sample.filter;
  const auto metrics = logged_metrics(task, logged, sample);
  Json names = Json::array();
  for (const auto& [metric, value] : metrics) {
    if (!is_beside(task, metric)) names.push_back(metric);
  }
  out["metrics"] = names;
  out["doc_hash"] = sample.doc_hash;
  out["prompt_hash"] = sample.prompt_hash;
  out["target_hash"] = sample.target_hash;
  for (const auto& [metric, value] : metrics) out[metric] = value;
  if (sample.status != "ok") {  // an unanswerable one keeps its figures
    out["status"] = sample.status;
    out["message"] = sample.message;
  } else if (!sample.message.empty()) {
    out["verdicts"] = sample_verdicts(sample);
  }
  return out;
}

std::string samples_jsonl(const TaskRecord& task, const std::vector<SampleRecord>& samples,
                          LogPrompts prompts) {
  const LoggedValues logged(task);
  std::string out;
  std::size_t position = 0;  // among the documents of a filter
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const bool next_filter = i > 0 && samples[i].filter_index != samples[i - 1].filter_index;
    position = next_filter || i == 0 ? 0 : position + 1;
    LogPrompts policy = prompts;
    if (prompts == LogPrompts::kDefault)
      policy = position < kFullPrompts ? LogPrompts::kFull : LogPrompts::kHash;
    out += compact_json(logged_sample(task, logged, samples[i], policy)) + "\n";
  }
  return out;
}

/// A task's name as part of a file name on any file system; names that differ stay different.
std::string file_name_of(const std::string& task) {
  static const std::string plain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-+";
  std::string out;
  for (char c : task.substr(0, kLongestName)) out += plain.find(c) == std::string::npos ? '_' : c;
  return out == task ? out : out + "-" + sha256_hex(task).substr(0, 8);
}

/// `end` stands behind the name of a task: ".jsonl".
void write_samples(Store& store, const Report& report, const std::string& folder,
                   const std::string& end, LogPrompts prompts) {
  for (const TaskRecord& task : report.tasks)
    write_file_atomically(folder + "/samples_" + file_name_of(task.task) + end,
                          samples_jsonl(task, store.samples(report.run.id, task.task), prompts));
}

/// Now, as lm-evaluation-harness writes it into names of files.
std::string date_in_names() {
  std::string date = local_timestamp_with_microseconds();
  std::replace(date.begin(), date.end(), ':', '-');
  return date;
}

HtmlOptions page_options(HtmlOptions html, bool log_samples, LogPrompts prompts) {
  if (!log_samples) html.samples = HtmlSamples::kNone;
  html.prompts = prompts == LogPrompts::kDefault || prompts == LogPrompts::kFull;
  return html;
}

}  // namespace

std::string dated_results_file(const std::string& created) {
  std::string date = created;  // 2026-11-24T20:30:13Z
  std::replace(date.begin(), date.end(), ':', '-');
  if (date.ends_with("Z")) date.pop_back();
  return "results_" + date + ".json";
}

std::string samples_file(const std::string& task) {
  return "samples_" + file_name_of(task) + ".jsonl";
}

void write_outputs(Store& store, const Report& report, const std::string& folder, bool log_samples,
                   LogPrompts prompts, const HtmlOptions& html) {
  make_folder(folder);
  const ViewSettings settings{
      .store = store, .all = true, .html = page_options(html, log_samples, prompts)};
  for (const View& view : views())
    if (!view.file.empty())
      write_file_atomically(folder + "/" + view.file, view.render(report, settings));
  write_file_atomically(folder + "/" + dated_results_file(report.run.created),
                        report.results_json + "\n");
  if (log_samples) write_samples(store, report, folder, ".jsonl", prompts);
}

std::string write_lm_eval_outputs(Store& store, const Report& report, const std::string& path,
                                  bool log_samples, LogPrompts prompts) {
  const std::filesystem::path given(path);
  const bool names_file = given.extension() == ".json";
  const std::filesystem::path folder =
      names_file ? given.parent_path() : given / lm_eval_model_name(report.run.model);
  const std::string date = date_in_names();
  const std::string results =
      (folder / ((names_file ? given.stem().string() : "results") + "_" + date + ".json")).string();
  if (!folder.empty()) make_folder(folder.string());
  write_file_atomically(results, report.results_json + "\n");
  if (log_samples)
    write_samples(store, report, folder.empty() ? "." : folder.string(), "_" + date + ".jsonl",
                  prompts);
  return results;
}

}  // namespace flm
