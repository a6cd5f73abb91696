#include "bench/run.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <regex>
#include <sstream>

#include "base/errors.h"
#include "base/system/clock.h"
#include "bench/google_json.h"
#include "bench/registry.h"
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
constexpr double kTypicalCeiling = 0.6, kCheckSeconds = 0.25, kFillRate = 1e9;  // for estimates

std::string gigabytes(double bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f GB", bytes / 1e9);
  return text;
}

class Runner {
 public:
  Runner(CeilingMeter& ceilings, const Machine& machine, const RunSettings& settings,
         std::int64_t repetitions)
      : ceilings_(ceilings), machine_(machine), settings_(settings), left_(repetitions) {}

  /// One repetition, in buffers of its own.
  Repetition repeat(const Row& row) {
    const double share = settings_.budget_seconds - (monotonic_seconds() - begin_);
    share_ = std::max(share, 0.0) / static_cast<double>(left_--);
    Repetition repetition;
    repetition.copies = copies_of(row, machine_);
    repetition.error = settings_.stopped() ? kStopped : reason_to_skip(row, repetition.copies);
    if (repetition.error.empty()) try {
        const Backend& where = backend(row);
        const std::unique_ptr<Case> work = row.make(where, repetition.copies);
        if (row.device != "cpu") work->place_on(where);
        measure(row, *work, repetition);
      } catch (const std::exception& error) {
        repetition.error = std::string("INCORRECT: ") + error.what();
      }
    return repetition;
  }

 private:
  std::string reason_to_skip(const Row& row, int copies) const {
    if (!row.skip.empty()) return "skipped: " + row.skip;
    const double needed = row.resident_bytes * (copies + 1);
    if (needed <= settings_.memory_bytes) return "";
    return "skipped: needs " + gigabytes(needed) + " of memory, free are " +
           gigabytes(settings_.memory_bytes) + "; take a model of more ranks or a smaller T";
  }

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

  void measure(const Row& row, Case& work, Repetition& repetition) {
    for (int seed = 0; seed < kSeedsBefore; ++seed) {
      work.restore(0, seed);
      work.run(0);
      repetition.check = work.check(0, 1);
      if (!repetition.check.passed) {
        repetition.error = "INCORRECT: before timing: " + repetition.check.reason;
        return;
      }
    }
    const Floor before = floor_of(row, ceilings_.best(), machine_);
    if (settings_.ceilings_beside)
      for (const std::string& name : {before.ceiling, before.other})
        ceilings_.measure(name, kBesideSeconds);
    SamplerSettings sampler = settings_.sampler;
    if (!slowed_ || !std::regex_search(row.name(), *slowed_)) sampler.slowdown = 0;
    if (settings_.budget_seconds > 0)  // what checking takes comes off the next rows' shares
      sampler.most_seconds = std::clamp(share_, kLeastSeconds, sampler.most_seconds);
    const Sampled sampled = sample(work, repetition.copies, sampler, kSeedsBefore);
    repetition.samples = sampled.samples;
    repetition.check = work.check(sampled.last_copy, sampled.last_runs);
    if (!repetition.check.passed)
      repetition.error = "INCORRECT: after timing: " + repetition.check.reason;
    else
      repetition.error = floor_error(row, sampled.samples.median);
  }

  CeilingMeter& ceilings_;
  const Machine& machine_;
  const RunSettings& settings_;
  std::map<std::string, std::unique_ptr<Backend>> backends_;
  const std::optional<std::regex> slowed_ =
      settings_.slowdown_rows.empty()
          ? std::nullopt
          : std::optional(row_expression(settings_.slowdown_rows, "--inject-slowdown"));
  const double begin_ = monotonic_seconds();
  std::int64_t left_;  // repetitions that have not begun
  double share_ = 0;   // of the budget, for the one that runs
};

/// What a result depends on, as it was when the measurement began.
std::map<std::string, std::string> facts_of(const Machine& machine, const RunSettings& settings) {
  std::map<std::string, std::string> facts = environment(machine);
  std::ostringstream text;
  text << "half-width " << settings.sampler.half_width << ", at least "
       << settings.sampler.least_samples << " samples and " << settings.sampler.least_seconds
       << " s, at most " << settings.sampler.most_seconds << " s";
  facts["sampler"] = text.str();
  if (settings.operation_log) facts["time_operations"] = "yes";
  if (settings.sampler.slowdown > 0) {
    std::ostringstream slowdown;
    slowdown << settings.slowdown_rows << "=" << 100 * settings.sampler.slowdown;
    facts["inject_slowdown"] = slowdown.str();
  }
  return facts;
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
  const std::map<std::string, std::string> facts = facts_of(machine, settings);
  std::vector<std::vector<Repetition>> measured(rows.size());
  std::int64_t done = 0;
  const auto total = static_cast<std::int64_t>(rows.size()) * settings.repetitions;
  Runner runner(ceilings, machine, settings, total);
  for (int repetition = 0; repetition < settings.repetitions; ++repetition)
    for (std::size_t r = 0; r < rows.size(); ++r) {
      progress.update("bench", done++, total);
      measured[r].push_back(runner.repeat(rows[r]));
    }
  return google_json(rows, measured, ceilings.best(), machine, facts);
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
