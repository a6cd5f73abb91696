#include "harness/commands/tasks_show.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "base/errors.h"
#include "harness/model/model_access.h"
#include "harness/terminal/short_numbers.h"
#include "reports/figures/row_text.h"
#include "reports/figures/wrapped_text.h"
#include "tasks/task.h"

namespace flm {
namespace {

const KnownTask* find_known(const std::vector<KnownTask>& known, const std::string& name) {
  const auto at = std::find_if(known.begin(), known.end(),
                               [&](const KnownTask& task) { return task.name == name; });
  return at == known.end() ? nullptr : &*at;
}

TaskOptions task_options(const std::string& name, const Options& options) {
  TaskOptions out;
  out.tasks = {name};
  out.include_path = options.task.include_path;
  out.data_root = data_root(options.task);
  out.accept_native_functions = options.task.accept_native_functions;
  return out;
}

Json metrics_of(const TaskSelection& selection) {
  Json metrics = Json::array();
  for (const auto& task : selection.tasks)
    for (const MetricInfo& metric : task->metrics()) {
      const Json one = {{"metric", metric.metric},
                        {"filter", metric.filter},
                        {"higher_is_better", metric.higher_is_better}};
      if (!metric.beside && std::find(metrics.begin(), metrics.end(), one) == metrics.end())
        metrics.push_back(one);
    }
  return metrics;
}

/// What tasks ask, as far as no model is needed to know it. `unique`: bytes of the texts without
/// the beginnings that they share, which a run computes once.
struct TaskCost {
  std::int64_t requests = 0, bytes = 0, unique = 0, most_new_tokens = 0;

  void add(const Task& task) {
    std::vector<std::int64_t> ids(static_cast<std::size_t>(task.doc_count()));
    std::iota(ids.begin(), ids.end(), 0);
    if (ids.empty()) return;
    std::vector<std::string> texts;
    for (const TaskItem& item : task.items(ids))
      for (const TaskRequest& request : item.requests) {
        texts.push_back(request.context + request.continuation);
        if (request.kind == RequestKind::kGenerate)
          most_new_tokens += std::int64_t{request.generation.max_new_tokens} * request.repeats;
      }
    add(texts);
  }

 private:
  void add(std::vector<std::string>& texts) {
    std::sort(texts.begin(), texts.end());
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const std::string& text = texts[i];
      auto fresh = text.begin();  // behind what it shares with the one before
      if (i > 0)
        fresh =
            std::mismatch(text.begin(), text.end(), texts[i - 1].begin(), texts[i - 1].end()).first;
      unique += text.end() - fresh;
      bytes += static_cast<std::int64_t>(text.size());
    }
    requests += static_cast<std::int64_t>(texts.size());
  }
};

/// What the loaded tasks say.
void add_loaded(const TaskSelection& selection, Json& facts) {
  std::int64_t documents = 0;
  int fewest = selection.tasks.front()->num_fewshot(), most = fewest;
  std::set<std::string> types;
  bool sample = false;
  for (const auto& task : selection.tasks) {
    documents += task->doc_count();
    fewest = std::min(fewest, task->num_fewshot());
    most = std::max(most, task->num_fewshot());
    types.insert(task->output_type());
    sample = sample || task->builtin_sample();
  }
  facts["tasks"] = selection.tasks.size();
  facts["copies"] = selection.copies;
  if (!selection.substitutes.empty()) facts["refused"] = selection.substitutes.front();
  facts["documents"] = documents;
  facts["shots"] = {fewest, most};
  facts["output_types"] = types;
  facts["metrics"] = metrics_of(selection);
  facts["builtin_sample"] = sample;
  TaskCost cost;
  for (const auto& task : selection.tasks) cost.add(*task);
  facts["cost"] = {{"requests", cost.requests},
                   {"bytes", cost.bytes},
                   {"bytes_unique", cost.unique},
                   {"most_new_tokens", cost.most_new_tokens}};
}

/// Lines of a task's page.
struct Page {
  int columns;  // of the terminal; 0: none
  std::string text;
  void add(const std::string& what, const std::string& fact) {
    constexpr std::size_t kWhat = 14;
    text += labelled("  " + what, kWhat, fact, columns);
  }
};

std::string shots_text(const Json& shots) {
  const int fewest = shots[0].get<int>(), most = shots[1].get<int>();
  return std::to_string(fewest) + (most == fewest ? "" : " to " + std::to_string(most));
}

std::string metrics_text(const Json& metrics) {
  std::string out;
  for (const Json& one : metrics) {
    out += (out.empty() ? "" : ", ") +
           metric_label(one.at("metric"), one.at("filter"), one.at("higher_is_better"));
  }
  return out;
}

std::string data_text(const Json& facts) {
  if (facts.at("builtin_sample").get<bool>())
    return "built-in sample, not the benchmark; give --data for all of it";
  if (facts.contains("refused")) return "refused: " + facts.at("refused").get<std::string>();
  std::string names;
  for (const Json& copy : facts.at("copies")) names += " " + copy.get<std::string>();
  return names.empty() ? "there"
                       : "a copy that differs from the official set: flmeval data list" + names;
}

/// Tokens are guessed from bytes: how many of them a token has is the tokenizer's.
std::string cost_text(const Json& cost) {
  constexpr std::int64_t kBytesOfToken = 4;
  const auto tokens = [&](const char* key) {
    return short_count(cost.at(key).get<std::int64_t>() / kBytesOfToken);
  };
  std::string out = short_count(cost.at("requests").get<std::int64_t>()) + " requests, about " +
                    tokens("bytes") + " tokens, " + tokens("bytes_unique") +
                    " of them to compute, at 4 bytes a token";
  if (const auto most = cost.at("most_new_tokens").get<std::int64_t>(); most > 0)
    out += "; at most " + short_count(most) + " tokens to generate";
  return out;
}

}  // namespace

Json task_facts(const std::string& name, const Options& options) {
  const std::vector<KnownTask> known = known_tasks(options.task.include_path);
  const KnownTask* task = find_known(known, name);
  Json facts = {{"name", name},
                {"kind", task ? task->kind : "task"},
                {"file", task ? task->file : ""},
                {"description", task ? task->description : ""}};
  try {
    add_loaded(load_tasks(task_options(name, options)), facts);
  } catch (const UserError& error) {
    if (!task) throw;  // no such name
    facts["problem"] = error.what();
  }
  return facts;
}

std::string task_page(const Json& facts, int columns) {
  const std::string name = facts.at("name").get<std::string>();
  Page page{columns, fitted(name + ", a " + facts.at("kind").get<std::string>(), columns)};
  for (const char* key : {"description", "file"})
    if (const std::string text = facts.at(key).get<std::string>(); !text.empty())
      page.add(key, text);
  if (facts.contains("problem")) {
    page.add("data", "missing: " + facts.at("problem").get<std::string>());
    return page.text;
  }
  page.add("tasks", facts.at("tasks").dump());
  page.add("documents", facts.at("documents").dump());
  page.add("data", data_text(facts));
  page.add("shots", shots_text(facts.at("shots")));
  for (const Json& type : facts.at("output_types")) page.add("asks", type.get<std::string>());
  page.add("metrics", metrics_text(facts.at("metrics")));
  page.add("cost", cost_text(facts.at("cost")));
  page.add("exactly", "flmeval plan --model DIR --tasks " + name);
  page.add("prompts", "flmeval show --tasks " + name + " --limit 1");
  return page.text;
}

}  // namespace flm
