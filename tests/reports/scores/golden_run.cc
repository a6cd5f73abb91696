#include "tests/reports/scores/golden_run.h"

#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>
#include <stdexcept>

#include "reports/store/record_json.h"

namespace flm {
namespace {

std::string gunzip(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (!file) throw std::runtime_error("cannot open " + path);
  std::string out, block(1 << 16, '\0');
  for (int n; (n = gzread(file, block.data(), static_cast<unsigned>(block.size()))) > 0;)
    out.append(block.data(), static_cast<std::size_t>(n));
  gzclose(file);
  return out;
}

/// The aggregation of a metric in the recorded tasks.
std::string aggregation_of(const std::string& task, const std::string& metric) {
  static const std::map<std::string, std::string> own = {{"perplexity", "perplexity"},
                                                         {"word_perplexity", "weighted_perplexity"},
                                                         {"bits_per_byte", "bits_per_byte"},
                                                         {"byte_perplexity", "weighted_perplexity"},
                                                         {"bypass", "bypass"},
                                                         {"brier_score", "brier_score"},
                                                         {"f1", "f1"},
                                                         {"mcc", "mcc"},
                                                         {"bleu", "bleu"},
                                                         {"chrf", "chrf"},
                                                         {"chrf++", "chrf++"},
                                                         {"ter", "ter"}};
  if (task == "cf_binary_median" && metric == "acc") return "median";
  if (task == "cf_binary_median" && metric == "acc_norm") return "nanmean";
  const auto found = own.find(metric);
  return found == own.end() ? "mean" : found->second;
}

/// Numbers of a value, nested lists one after another; texts have none.
void flatten(const Json& value, std::vector<double>& out) {
  if (value.is_number()) out.push_back(value.get<double>());
  if (value.is_array())
    for (const Json& part : value) flatten(part, out);
}

void put_document(Store& store, const std::string& run, const Json& line, const Json& filters) {
  for (std::size_t f = 0; f < filters.size(); ++f) {
    SampleRecord sample;
    sample.task = line.at("task");
    sample.doc_id = line.at("doc_id");
    sample.filter_index = static_cast<int>(f);
    sample.filter = filters[f];
    sample.doc_hash = line.at("doc_hash");
    sample.prompt_hash = line.at("prompt_hash");
    sample.target_hash = line.at("target_hash");
    for (const auto& [metric, value] : line.at("metrics").at(sample.filter).items()) {
      std::vector<double> numbers;
      flatten(value, numbers);
      sample.values.emplace_back(metric, numbers);
    }
    store.put_sample(run, sample);
  }
}

TaskRecord task_record(const Json& golden, const std::string& task, const Json& first_line) {
  TaskRecord record;
  record.task = task;
  record.alias = golden.at("results").at(task).at("alias");
  record.version_json = python_json_dumps(golden.at("versions").at(task));
  record.config_json = "{}";
  record.num_fewshot = golden.at("n-shot").at(task);
  record.docs_total = golden.at("n-samples").at(task).at("original");
  record.docs_chosen = golden.at("results").at(task).at("sample_len");
  for (const Json& filter : golden.at("filters").at(task)) {
    for (const auto& [metric, value] :
         first_line.at("metrics").at(filter.get<std::string>()).items())
      record.metrics.push_back({filter, metric, aggregation_of(task, metric),
                                golden.at("higher_is_better").at(task).at(metric)});
  }
  return record;
}

void add_leaves(const Json& subtasks, const std::string& name, std::vector<std::string>& leaves) {
  for (const std::string child : subtasks.at(name)) {
    if (subtasks.contains(child)) {
      add_leaves(subtasks, child, leaves);
    } else {
      leaves.push_back(child);
    }
  }
}

std::vector<GroupRecord> group_records(const Json& golden) {
  std::vector<GroupRecord> groups;
  const Json& subtasks = golden.at("group_subtasks");
  for (const auto& [name, children] : subtasks.items()) {
    const Json& entry = golden.at("results").at(name);
    const Json version = golden.at("versions").at(name);
    GroupRecord group{name, entry.at("alias"), version == "N/A" ? "" : version.dump(), children, {},
                      {}};
    add_leaves(subtasks, name, group.leaves);
    for (const auto& [key, value] : entry.items()) {
      const std::size_t comma = key.find(',');
      if (comma == std::string::npos || key.find("_stderr,") != std::string::npos) continue;
      const std::string metric = key.substr(0, comma);
      // What the group files say; the results do not tell the weights.
      const bool by_size =
          !(name == "cf_group::cf_inner" || (name == "cf_group" && metric == "acc_norm"));
      group.metrics.push_back({metric, {key.substr(comma + 1)}, by_size});
    }
    groups.push_back(std::move(group));
  }
  return groups;
}

}  // namespace

Json golden_results(const std::string& name) {
  return read_json_file(golden_path(name + ".results.json"));
}

std::string store_golden_run(Store& store, const std::string& name) {
  const Json golden = golden_results(name);
  RunRecord run;
  run.id = "run-" + name;
  run.created = "2026-11-24T20:30:13Z";
  run.status = "done";
  run.groups_json = encode_groups(group_records(golden));
  store.begin_run(run);
  std::vector<std::string> seen;
  std::istringstream lines(gunzip(golden_path(name + ".jsonl.gz")));
  for (std::string text; std::getline(lines, text);) {
    const Json line = parse_json(text, name);
    const std::string task = line.at("task");
    if (std::find(seen.begin(), seen.end(), task) == seen.end()) {
      store.put_task(run.id, static_cast<int>(seen.size()), task_record(golden, task, line));
      seen.push_back(task);
    }
    put_document(store, run.id, line, golden.at("filters").at(task));
  }
  store.commit();
  return run.id;
}

}  // namespace flm
