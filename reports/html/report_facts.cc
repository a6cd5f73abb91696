#include "reports/html/report_facts.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "reports/html/elements.h"
#include "reports/html/escape.h"

namespace flm {
namespace {

using Facts = std::vector<std::pair<std::string, std::string>>;

Json parsed(const std::string& json) {
  return json.empty() ? Json::object() : parse_json(json, "run in the store");
}

/// 386503 as 386,503; other numbers and texts as they are.
std::string text_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_number_integer()) return compact_json(value);
  std::string out = compact_json(value);
  for (std::ptrdiff_t at = static_cast<std::ptrdiff_t>(out.size()) - 3; at > 0; at -= 3)
    if (out[static_cast<std::size_t>(at) - 1] != '-') out.insert(static_cast<std::size_t>(at), ",");
  return out;
}

std::string words(std::string key) {
  std::replace(key.begin(), key.end(), '_', ' ');
  return key;
}

/// The entries of an object but for `without`.
Facts facts_of(const Json& object, const std::string& without = "") {
  Facts out;
  for (const auto& [key, value] : object.items())
    if (key != without) out.push_back({words(key), text_of(value)});
  return out;
}

/// As a shell would read it back.
std::string quoted(const std::string& word) {
  static const std::string plain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./=:,@%+";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string out = "'";
  for (char c : word) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

std::string command_of(const Json& options) {
  if (!options.contains("arguments")) return "";
  std::string out = "flmeval";
  for (const Json& word : options["arguments"]) out += " " + quoted(word.get<std::string>());
  return out;
}

std::string task_table(const Report& report) {
  std::string lines;
  for (const TaskRecord& task : report.tasks) {
    lines += element("tr", name_cell(html_escaped(task.task), 0) +
                               element("td", html_escaped(task.version_json)) +
                               number_cell(std::to_string(task.num_fewshot)) +
                               number_cell(std::to_string(task.docs_chosen)) +
                               number_cell(std::to_string(task.docs_total)) +
                               element("td", element("code", task.data_hash.substr(0, 12))) +
                               element("td", element("code", task.prompts_hash.substr(0, 12))) +
                               element("td", element("code", task.spec_hash.substr(0, 12)))) +
             "\n";
  }
  const std::string head =
      "<thead><tr><th>task</th><th>version</th><th class=\"number\">shots</th><th "
      "class=\"number\">items</th><th "
      "class=\"number\">of</th><th>data</th><th>prompts</th><th>task "
      "file</th></tr></thead>";
  return element("details",
                 element("summary", "Tasks: versions, items and hashes") +
                     element("div", "<table>" + head + element("tbody", "\n" + lines) + "</table>",
                             "wide")) +
         "\n";
}

std::string folded(const std::string& title, const Facts& facts) {
  if (facts.empty()) return "";
  return element("details", element("summary", title) + "\n" + fact_list(facts)) + "\n";
}

}  // namespace

std::string cost_facts(const Report& report) {
  return fact_list(facts_of(parsed(report.run.cost_json)));
}

std::string configuration_facts(const Report& report) {
  const RunRecord& run = report.run;
  const Json options = parsed(run.options_json);
  Facts top;
  if (const std::string command = command_of(options); !command.empty())
    top.push_back({"command", command});
  for (const auto& [name, hash] : Facts{{"weights", run.weights_hash},
                                        {"tokenizer", run.tokenizer_hash},
                                        {"protocol", run.protocol_hash},
                                        {"numerics", run.numerics_hash},
                                        {"fingerprint", run.fingerprint}})
    if (!hash.empty()) top.push_back({name, hash});
  const Json settings = options.contains("settings") ? options["settings"] : Json::object();
  return fact_list(top, true) + folded("Settings", facts_of(settings)) +
         folded("Engine", facts_of(parsed(run.engine_json))) +
         // The process is whose run it is, not what it measured.
         folded("Machine", facts_of(parsed(run.environment_json), "process")) + task_table(report);
}

}  // namespace flm
