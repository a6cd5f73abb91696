#include "reports/html/report/report_facts.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "reports/figures/figures.h"
#include "reports/figures/provenance.h"
#include "reports/figures/row_text.h"
#include "reports/html/elements.h"
#include "reports/html/escape.h"
#include "reports/store/run_parts.h"

namespace flm {
namespace {

using Facts = std::vector<std::pair<std::string, std::string>>;

/// Counts are grouped and have units; settings stand as one would type them: a seed is no count.
enum class Numbers { kCounts, kAsTyped };

std::string seconds_text(double seconds) { return fixed(seconds, seconds < 10 ? 3 : 1) + " s"; }

std::string bytes_text(double bytes) {
  const double megabytes = bytes / 1e6;
  return (megabytes < 100 ? fixed(megabytes, 3) : grouped(std::llround(megabytes))) + " MB";
}

/// 386503 as 386,503; other numbers with four digits; bytes and seconds with their unit.
std::string count_text(const std::string& key, const Json& value) {
  if (key.starts_with("seconds")) return seconds_text(value.get<double>());
  if (key.starts_with("bytes")) return bytes_text(value.get<double>());
  if (value.is_number_integer()) return grouped(value.get<std::int64_t>());
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value.get<double>());
  return text;
}

std::string text_of(const std::string& key, const Json& value, Numbers numbers) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number() && numbers == Numbers::kCounts) return count_text(key, value);
  return compact_json(value);
}

std::string words(std::string key) {
  std::replace(key.begin(), key.end(), '_', ' ');
  return key;
}

/// The entries of an object but for `without`.
Facts facts_of(const Json& object, Numbers numbers, const std::string& without = "") {
  Facts out;
  for (const auto& [key, value] : object.items())
    if (key != without) out.push_back({words(key), text_of(key, value, numbers)});
  return out;
}

std::string task_table(const Report& report) {
  std::string lines;
  for (const TaskRecord& task : report.tasks) {
    lines += element("tr", name_cell(html_escaped(task.task), 0) +
                               element("td", html_escaped(version_text(task))) +
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
  return fact_list(facts_of(cost_part(report.run), Numbers::kCounts));
}

std::string configuration_facts(const Report& report) {
  const RunRecord& run = report.run;
  const Json options = options_part(run);
  const Json settings = options.contains("settings") ? options["settings"] : Json::object();
  return fact_list(provenance(report), true) +
         folded("Settings", facts_of(settings, Numbers::kAsTyped)) +
         folded("Engine", facts_of(engine_part(run), Numbers::kCounts)) +
         // The process is whose run it is, not what it measured.
         folded("Machine", facts_of(environment_part(run), Numbers::kAsTyped, "process")) +
         task_table(report);
}

}  // namespace flm
