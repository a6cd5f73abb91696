#include "bench/run.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "base/documents/json.h"
#include "base/errors.h"
#include "base/system/clock.h"
#include "bench/machine/data_sheet.h"
#include "bench/results/result_file.h"
#include "engine/backend/timed_backend.h"
#include "engine/cpu/cpu_backend.h"
#include "engine/cuda/cuda_backend.h"

namespace flm::bench {
namespace {

constexpr int kSeedsBefore = 3;             // inputs that are checked before a row is timed
constexpr double kBesideSeconds = 0.05;     // a row's ceilings are measured beside it too
constexpr double kDeviceCacheBytes = 64e6;  // no less than the L2 cache of a GPU of today
constexpr double kImpossible = 0.95;        // of the floor
constexpr double kLeastSeconds = 0.5;       // of a row when the budget is spent
constexpr char kStopped[] = "stopped";      // repetitions that were not begun
constexpr double kTypicalCeiling = 0.6, kCheckSeconds = 0.25, kFillRate = 1e9;  // for estimates

std::string gigabytes(double bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f GB", bytes / 1e9);
  return text;
}

/// Verdict and figures of one repetition.
struct Repetition {
  std::string error;
  Samples samples;
  Check check;
};

class Runner {
 public:
  Runner(CeilingMeter& ceilings, const Machine& machine, const RunSettings& settings,
         std::int64_t repetitions)
      : ceilings_(ceilings), machine_(machine), settings_(settings), left_(repetitions) {}

  /// One repetition; the case is kept until the row's last one.
  void repeat(const Row& row, benchmark::State& state) {
    const double share = settings_.budget_seconds - (monotonic_seconds() - begin_);
    share_ = std::max(share, 0.0) / static_cast<double>(left_--);
    if (settings_.stopped()) return state.SkipWithError(kStopped);
    if (!row.skip.empty()) return state.SkipWithError(("skipped: " + row.skip).c_str());
    const int copies = copies_of(row, machine_);
    const double needed = row.resident_bytes * (copies + 1);
    if (needed > settings_.memory_bytes)
      return state.SkipWithError(("skipped: needs " + gigabytes(needed) + " of memory, free are " +
                                  gigabytes(settings_.memory_bytes) +
                                  "; take a model of more ranks or a smaller T")
                                     .c_str());
    Repetition repetition;
    try {
      if (!case_ || case_name_ != row.name()) {
        case_.reset();
        const Backend& where = backend(row);
        case_ = row.make(where, copies);
        if (row.device != "cpu") case_->place_on(where);
        case_name_ = row.name();
      }
      repetition = measured(row, copies);
    } catch (const std::exception& error) {
      repetition.error = std::string("INCORRECT: ") + error.what();
    }
    for ([[maybe_unused]] auto _ : state) {
    }
    if (!repetition.error.empty()) return state.SkipWithError(repetition.error.c_str());
    state.SetIterationTime(repetition.samples.median);
    report(row, repetition, copies, state);
  }

 private:
  const Backend& backend(const Row& row) {
    const bool cpu = row.device == "cpu", bf16 = row.dtype == "bf16";
    std::unique_ptr<Backend>& backend =
        backends_[row.device + std::to_string(row.threads) + (bf16 ? "bf16" : "")];
    if (backend) return *backend;
    backend = cpu ? make_cpu_backend(row.threads, "", bf16)
                  : make_cuda_backend({.device = 0, .bf16 = bf16}, make_cpu_backend(1, ""));
    if (settings_.operation_log)
      backend = make_timed_backend(std::move(backend), settings_.operation_log);
    return *backend;
  }

  /// A time below the floor is looked at twice: the ceiling may have been measured too low.
  std::string floor_error(const Row& row, double seconds) {
    for (double more : {0.5, 1.0}) {
      const Floor low = floor_of(row, ceilings_.best(), machine_);
      if (seconds >= kImpossible * low.seconds) return "";
      ceilings_.measure(low.ceiling, more);
    }
    const Floor floor = floor_of(row, ceilings_.best(), machine_);
    if (seconds >= kImpossible * floor.seconds) return "";
    std::ostringstream text;
    text << "INVALID: " << seconds * 1e6 << " us is less than " << kImpossible << " x the floor of "
         << floor.seconds * 1e6 << " us that " << floor.ceiling << " allows";
    return text.str();
  }

  Repetition measured(const Row& row, int copies) {
    Repetition repetition;
    for (int seed = 0; seed < kSeedsBefore; ++seed) {
      case_->restore(0, seed);
      case_->run(0);
      repetition.check = case_->check(0, 1);
      if (!repetition.check.passed) {
        repetition.error = "INCORRECT: before timing: " + repetition.check.reason;
        return repetition;
      }
    }
    const Floor before = floor_of(row, ceilings_.best(), machine_);
    if (settings_.ceilings_beside)
      for (const std::string& name : {before.ceiling, before.other})
        ceilings_.measure(name, kBesideSeconds);
    SamplerSettings sampler = settings_.sampler;
    if (settings_.slowdown_rows.empty() ||
        !std::regex_search(row.name(), std::regex(settings_.slowdown_rows)))
      sampler.slowdown = 0;
    if (settings_.budget_seconds > 0)  // what checking takes comes off the next rows' shares
      sampler.most_seconds = std::clamp(share_, kLeastSeconds, sampler.most_seconds);
    const Sampled sampled = sample(*case_, copies, sampler, kSeedsBefore);
    repetition.samples = sampled.samples;
    repetition.check = case_->check(sampled.last_copy, sampled.last_runs);
    if (!repetition.check.passed)
      repetition.error = "INCORRECT: after timing: " + repetition.check.reason;
    else
      repetition.error = floor_error(row, sampled.samples.median);
    return repetition;
  }

  void report(const Row& row, const Repetition& repetition, int copies, benchmark::State& state) {
    const Samples& s = repetition.samples;
    std::ostringstream label;
    label << "cache=" << (row.cold ? "cold" : "hot") << " copies=" << copies
          << " timer=steady_clock/" << s.runs_per_sample << " inputs=normal stop=" << s.stopped_by;
    state.SetLabel(label.str());
    const Floor floor = floor_of(row, ceilings_.best(), machine_);
    const auto put = [&](const char* name, double value) {
      if (std::isfinite(value)) state.counters[name] = value;  // NaN would break the JSON
    };
    put("median_us", s.median * 1e6);
    put("q1_us", s.q1 * 1e6);
    put("q3_us", s.q3 * 1e6);
    put("min_us", s.least * 1e6);
    put("ci_rel", s.half_width);
    put("n", static_cast<double>(s.seconds.size()));
    put("wall_s", s.wall_seconds);
    put("preempted", static_cast<double>(s.switches));
    put("flops", row.cost.flops);
    put("bytes", row.cost.bytes());
    put("GFLOPs", row.cost.flops / s.median / 1e9);
    put("GBps", row.cost.bytes() / s.median / 1e9);
    put("AI", row.cost.flops / row.cost.bytes());
    put("max_err", repetition.check.max_error);
    put("nmse", repetition.check.nmse);
    put("capped", s.stopped_by == "wall" ? 1 : 0);
    if (floor.seconds > 0) {
      put("floor_us", floor.seconds * 1e6);
      put("pct_roof", 100 * floor.seconds / s.median);
      put("pct_roof_best", 100 * floor.seconds / s.least);
      put("memory_bound", floor.bound == "memory" ? 1 : 0);
    }
    const std::string& processor = row.processor.empty() ? machine_.cpu : row.processor;
    if (const double sheet = data_sheet_seconds(row, processor); sheet > 0) {
      put("sheet_us", sheet * 1e6);
      put("pct_sheet", 100 * sheet / s.median);
    }
  }

  CeilingMeter& ceilings_;
  const Machine& machine_;
  const RunSettings& settings_;
  std::map<std::string, std::unique_ptr<Backend>> backends_;
  std::unique_ptr<Case> case_;
  std::string case_name_;
  const double begin_ = monotonic_seconds();
  std::int64_t left_;  // repetitions that have not begun
  double share_ = 0;   // of the budget, for the one that runs
};

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

/// Google Benchmark has no place for words of our own in a run: they are added to its JSON.
std::string with_words(const std::string& text, const std::vector<Row>& rows) {
  Json document = parse_json(text, "results");
  leave_out_stopped(document);
  for (Json& run : document.at("benchmarks")) {
    const std::string name = plain_name(run.at("name").get<std::string>());
    const auto row =
        std::find_if(rows.begin(), rows.end(), [&](const Row& one) { return one.name() == name; });
    run["repro"] = repro_of(name);
    if (row != rows.end()) run["cache"] = row->cold ? "cold" : "hot";
  }
  return document.dump(2) + "\n";
}

void add_context(const Ceilings& ceilings, const Machine& machine, const RunSettings& settings) {
  for (const auto& [key, value] : environment(machine)) benchmark::AddCustomContext(key, value);
  for (const auto& [name, rate] : ceilings)
    benchmark::AddCustomContext("ceiling/" + name, std::to_string(rate));
  std::ostringstream text;
  text << "half-width " << settings.sampler.half_width << ", at least "
       << settings.sampler.least_samples << " samples and " << settings.sampler.least_seconds
       << " s, at most " << settings.sampler.most_seconds << " s";
  benchmark::AddCustomContext("sampler", text.str());
}

}  // namespace

int copies_of(const Row& row, const Machine& machine) {
  const double cache = row.device == "cpu" ? machine.last_cache_bytes
                                           : std::max(machine.last_cache_bytes, kDeviceCacheBytes);
  const double bytes = std::max(row.cost.bytes(), row.resident_bytes), enough = 3 * cache;
  if (!row.cold || bytes >= enough) return 1;
  return static_cast<int>(std::ceil(enough / bytes)) + 1;
}

std::string run_rows(const std::vector<Row>& rows, CeilingMeter& ceilings, const Machine& machine,
                     const RunSettings& settings, Progress& progress) {
  static const bool context_added = (add_context(ceilings.best(), machine, settings), true);
  FLM_CHECK(context_added, "context");
  benchmark::ClearRegisteredBenchmarks();
  std::int64_t done = 0;
  const auto total = static_cast<std::int64_t>(rows.size()) * settings.repetitions;
  Runner runner(ceilings, machine, settings, total);
  for (const Row& row : rows) {
    benchmark::RegisterBenchmark(row.name().c_str(),
                                 [&, row](benchmark::State& state) {
                                   progress.update("bench", done++, total);
                                   runner.repeat(row, state);
                                 })
        ->UseManualTime()
        ->Iterations(1)
        ->Repetitions(settings.repetitions)
        ->Unit(benchmark::kMicrosecond);
  }
  std::ostringstream json;
  benchmark::JSONReporter reporter;
  reporter.SetOutputStream(&json);
  reporter.SetErrorStream(&json);
  benchmark::RunSpecifiedBenchmarks(&reporter, nullptr, ".");
  benchmark::ClearRegisteredBenchmarks();
  return with_words(json.str(), rows);
}

std::string repro_of(const std::string& name) {
  return "flmeval bench run --full --filter '^" + name + "$'";
}

Estimate estimate_of(const std::vector<Row>& rows, const Ceilings& ceilings, const Machine& machine,
                     const RunSettings& settings) {
  Estimate sum;
  double least = 0;  // what is taken where the budget is spent
  const SamplerSettings& sampler = settings.sampler;
  for (const Row& row : rows) {
    if (!row.skip.empty()) continue;
    const double one = floor_of(row, ceilings, machine).seconds / kTypicalCeiling;
    const double fills = row.resident_bytes * (copies_of(row, machine) + 4) / kFillRate;
    const double samples = std::max(sampler.least_seconds,
                                    sampler.least_samples * std::max(one, sampler.sample_seconds));
    sum.quiet += kCheckSeconds + fills + 4 * one +
                 std::min(sampler.most_seconds, 2 * sampler.warm_up_seconds + 1.5 * samples);
    sum.most += kCheckSeconds + fills + 4 * one + sampler.most_seconds;
    least += kCheckSeconds + fills + 4 * one + std::min(kLeastSeconds, sampler.most_seconds);
  }
  sum.quiet *= settings.repetitions;
  sum.most *= settings.repetitions;
  least *= settings.repetitions;
  if (settings.budget_seconds > 0)
    sum.most = std::min(sum.most, std::max(1.2 * settings.budget_seconds, least));
  sum.quiet = std::min(sum.quiet, sum.most);
  return sum;
}

}  // namespace flm::bench
