#include "bench/google_json.h"

#include <benchmark/benchmark.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/documents/json.h"
#include "bench/machine/data_sheet.h"
#include "bench/results/result_file.h"

namespace flm::bench {
namespace {

std::string label_of(const Row& row, const Repetition& repetition) {
  std::ostringstream label;
  label << "cache=" << (row.cold ? "cold" : "hot") << " copies=" << repetition.copies
        << " timer=steady_clock/" << repetition.samples.runs_per_sample
        << " inputs=normal stop=" << repetition.samples.stopped_by;
  return label.str();
}

void put(benchmark::State& state, const char* name, double value) {
  if (std::isfinite(value)) state.counters[name] = value;  // NaN would break the JSON
}

void put_bounds(benchmark::State& state, const Row& row, const Samples& samples,
                const Ceilings& ceilings, const Machine& machine) {
  if (const Floor floor = floor_of(row, ceilings, machine); floor.seconds > 0) {
    put(state, "floor_us", floor.seconds * 1e6);
    put(state, "pct_roof", 100 * floor.seconds / samples.median);
    put(state, "pct_roof_best", 100 * floor.seconds / samples.least);
    put(state, "memory_bound", floor.bound == "memory" ? 1 : 0);
  }
  const std::string& processor = row.processor.empty() ? machine.cpu : row.processor;
  if (const double sheet = data_sheet_seconds(row, processor); sheet > 0) {
    put(state, "sheet_us", sheet * 1e6);
    put(state, "pct_sheet", 100 * sheet / samples.median);
  }
}

void put_figures(benchmark::State& state, const Row& row, const Repetition& repetition) {
  const Samples& s = repetition.samples;
  state.SetLabel(label_of(row, repetition));
  put(state, "median_us", s.median * 1e6);
  put(state, "q1_us", s.q1 * 1e6);
  put(state, "q3_us", s.q3 * 1e6);
  put(state, "min_us", s.least * 1e6);
  put(state, "ci_rel", s.half_width);
  put(state, "n", static_cast<double>(s.seconds.size()));
  put(state, "wall_s", s.wall_seconds);
  put(state, "preempted", static_cast<double>(s.switches));
  put(state, "flops", row.cost.flops);
  put(state, "bytes", row.cost.bytes());
  put(state, "GFLOPs", row.cost.flops / s.median / 1e9);
  put(state, "GBps", row.cost.bytes() / s.median / 1e9);
  put(state, "AI", row.cost.flops / row.cost.bytes());
  put(state, "max_err", repetition.check.max_error);
  put(state, "nmse", repetition.check.nmse);
  put(state, "capped", s.stopped_by == "wall" ? 1 : 0);
}

/// Takes out what was not begun when the run was stopped, and says so in the context.
void leave_out_stopped(Json& document) {
  Json begun = Json::array();
  int repetitions = 0, left = 0;
  for (Json& run : document.at("benchmarks")) {
    const bool stopped = run.value("error_message", "") == kStopped;
    repetitions += run.value("run_type", "") == "iteration";  // and no mean of several
    left += stopped;
    if (!stopped) begun.push_back(std::move(run));
  }
  document["benchmarks"] = std::move(begun);
  if (left > 0)
    document["context"]["stopped"] =
        std::to_string(left) + " of " + std::to_string(repetitions) + " repetitions were not begun";
}

/// Google Benchmark has no place for words of our own in a run, and keeps those of a context for
/// the whole process: they are added to its JSON.
std::string with_words(const std::string& text, const std::vector<Row>& rows,
                       const Ceilings& ceilings, const std::map<std::string, std::string>& facts) {
  Json document = parse_json(text, "results");
  leave_out_stopped(document);
  for (const auto& [key, value] : facts) document["context"][key] = value;
  for (const auto& [name, rate] : ceilings)
    document["context"]["ceiling/" + name] = std::to_string(rate);
  std::map<std::string, const Row*> by_name;
  for (const Row& row : rows) by_name.emplace(row.name(), &row);
  for (Json& run : document.at("benchmarks")) {
    const std::string name = plain_name(run.at("name").get<std::string>());
    const auto row = by_name.find(name);
    run["repro"] = repro_of(name);
    if (row != by_name.end()) run["cache"] = row->second->cold ? "cold" : "hot";
  }
  return document.dump(2) + "\n";
}

}  // namespace

std::string google_json(const std::vector<Row>& rows,
                        const std::vector<std::vector<Repetition>>& measured,
                        const Ceilings& ceilings, const Machine& machine,
                        const std::map<std::string, std::string>& facts) {
  benchmark::ClearRegisteredBenchmarks();
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const auto report = [&, r, next = std::size_t{0}](benchmark::State& state) mutable {
      const Repetition& repetition = measured[r][next++];
      if (!repetition.error.empty()) return state.SkipWithError(repetition.error.c_str());
      for ([[maybe_unused]] auto _ : state) {
      }
      state.SetIterationTime(repetition.samples.median);
      put_figures(state, rows[r], repetition);
      put_bounds(state, rows[r], repetition.samples, ceilings, machine);
    };
    benchmark::RegisterBenchmark(rows[r].name().c_str(), report)
        ->UseManualTime()
        ->Iterations(1)
        ->Repetitions(static_cast<int>(measured[r].size()))
        ->Unit(benchmark::kMicrosecond);
  }
  std::ostringstream json;
  benchmark::JSONReporter reporter;
  reporter.SetOutputStream(&json);
  reporter.SetErrorStream(&json);
  benchmark::RunSpecifiedBenchmarks(&reporter, nullptr, ".");
  benchmark::ClearRegisteredBenchmarks();
  return with_words(json.str(), rows, ceilings, facts);
}

std::string repro_of(const std::string& name) {
  return "flmeval bench run --full --filter '^" + name + "$'";
}

}  // namespace flm::bench
