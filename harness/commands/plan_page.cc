#include "harness/commands/plan_page.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <initializer_list>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "harness/terminal/short_numbers.h"
#include "reports/figures/figures.h"
#include "reports/figures/wrapped_text.h"

namespace flm {
namespace {

/// The tasks of one line.
struct PlannedLine {
  std::string name;
  std::size_t place = std::numeric_limits<std::size_t>::max();  // of the first of them
  std::int64_t tasks = 0, documents = 0, requests = 0, over_long = 0, longest = 0;

  void add(const Json& task, std::size_t at) {
    place = std::min(place, at);
    ++tasks;
    documents += task.at("documents").get<std::int64_t>();
    requests += task.at("requests").get<std::int64_t>();
    over_long += task.at("over_long").get<std::int64_t>();
    longest = std::max(longest, task.at("longest").get<std::int64_t>());
  }
};

/// Outermost groups and the tasks that none of them holds, as asked; a task that two hold is in
/// both.
std::vector<PlannedLine> lines_of(const Json& tasks, const TaskSelection& selection) {
  std::set<std::string> inner, held;
  for (const TaskGroup& group : selection.groups)
    inner.insert(group.children.begin(), group.children.end());
  std::vector<PlannedLine> lines;
  for (const TaskGroup& group : selection.groups) {
    if (inner.contains(group.name)) continue;
    const std::set<std::string> leaves(group.leaves.begin(), group.leaves.end());
    lines.push_back({group.name});
    for (std::size_t t = 0; t < tasks.size(); ++t)
      if (leaves.contains(tasks[t].at("task").get<std::string>())) lines.back().add(tasks[t], t);
    held.insert(leaves.begin(), leaves.end());
  }
  for (std::size_t t = 0; t < tasks.size(); ++t) {
    const std::string name = tasks[t].at("task").get<std::string>();
    if (held.contains(name)) continue;
    lines.push_back({name});
    lines.back().add(tasks[t], t);
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const PlannedLine& a, const PlannedLine& b) { return a.place < b.place; });
  return lines;
}

std::string text_of(const PlannedLine& line, std::size_t width, int columns) {
  std::string out;
  if (line.tasks > 1) out += counted(line.tasks, "task") + ", ";
  out += counted(line.documents, "document") + ", " + counted(line.requests, "request") +
         "; the longest " + counted(line.longest, "token");
  if (line.over_long > 0)
    out += "; " + counted(line.over_long, "document") + " beyond the context, not scored";
  return labelled(line.name, width + 2, out, columns);
}

/// Three digits in the unit of which there are less than `step`, the last where none is.
std::string three_digits(double value, double step, std::initializer_list<const char*> units) {
  auto unit = units.begin();
  for (; unit + 1 != units.end() && value >= step - 0.5; ++unit) value /= step;
  char text[64];
  std::snprintf(text, sizeof text, value < 999.5 ? "%.3g %s" : "%.0f %s", value, *unit);
  return text;
}

}  // namespace

std::string flops_text(double flops) {
  return three_digits(flops / 1e12, 1000, {"TFLOP", "PFLOP", "EFLOP", "ZFLOP"});
}

std::string memory_text(double bytes) {
  return three_digits(bytes / (1024.0 * 1024 * 1024), 1024, {"GiB", "TiB", "PiB"});
}

std::string duration_text(double seconds) {
  const auto whole = static_cast<long long>(std::llround(seconds));
  char text[64];
  if (whole < 120)
    std::snprintf(text, sizeof text, "%.3g s", seconds);
  else if (whole < 7200)
    std::snprintf(text, sizeof text, "%lld s (%lld min)", whole, whole / 60);
  else if (whole < 48 * 3600)
    std::snprintf(text, sizeof text, "%lld s (%.1f h)", whole, seconds / 3600);
  else
    std::snprintf(text, sizeof text, "%lld s (%.1f days)", whole, seconds / (24 * 3600));
  return text;
}

std::string plan_page(const Json& plan, const TaskSelection& selection, int columns) {
  const std::vector<PlannedLine> lines = lines_of(plan.at("tasks"), selection);
  std::size_t width = 0;
  for (const PlannedLine& line : lines) width = std::max(width, line.name.size());
  const auto fact = [&](const std::string& name, const std::string& text) {
    constexpr std::size_t kName = 12;
    return labelled(name, kName, text, columns);
  };
  std::string out;
  for (const PlannedLine& line : lines) out += text_of(line, width, columns);
  const auto count = [&](const char* key) { return short_count(plan.at(key).get<std::int64_t>()); };
  const auto real = [&](const char* key) { return plan.at(key).get<double>(); };
  out += "\n" + fact("asked", count("tokens_submitted") + " tokens in " + count("requests") +
                                  " requests to the engine");
  const auto batches = plan.at("batches").get<std::int64_t>();
  out += fact("computed", count("rows_computed") + " tokens in " + grouped(batches) +
                              (batches == 1 ? " batch" : " batches") +
                              ": beginnings that requests share are computed once");
  out += fact("work", flops_text(real("flops")));
  out += fact(
      "memory",
      memory_text(real("bytes_peak")) + " at most" +
          (plan.contains("processes") ? ", in each of " + count("processes") + " processes" : ""));
  out += fact("weights", plan.at("placement").get<std::string>());
  if (plan.contains("gathers")) out += fact("gathers", plan.at("gathers").get<std::string>());
  out += fact("disk", memory_text(real("bytes_to_write")) + " to write, " +
                          memory_text(real("bytes_free")) + " free");
  out += fact("time", duration_text(real("seconds_expected")) + " expected (" +
                          plan.at("speed").get<std::string>() + ")");
  return out + fact("by task",
                    "flmeval plan --json, with the smallest difference of two such "
                    "scores that would be seen, were they of other items each (of the same items "
                    "compare sees more)");
}

}  // namespace flm
