#include "reports/store/run_state.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <nlohmann/json.hpp>

#include "base/system/process.h"
#include "reports/store/run_parts.h"

namespace flm {
namespace {

/// As the run's environment names it; "" in records of older programs.
std::string process_of(const RunRecord& run) {
  const Json environment = environment_part(run);
  if (!environment.contains("process")) return "";
  const Json& process = environment["process"];
  return process.is_string() ? process.get<std::string>() : "";
}

/// "8 s", "5 minutes", "3 hours", "2 days".
std::string age_text(double seconds) {
  const auto of = [](long long count, const char* unit) {
    return std::to_string(count) + " " + unit + (count == 1 ? "" : "s");
  };
  const long long all = std::llround(seconds);
  if (all < 60) return std::to_string(all) + " s";
  if (all < 3600) return of(all / 60, "minute");
  if (all < 48 * 3600) return of(all / 3600, "hour");
  return of(all / (24 * 3600), "day");
}

/// Seconds since the last sign of life by this machine's clock; nothing where there was none.
std::optional<double> silence_of(const std::optional<HeartbeatRecord>& heartbeat) {
  if (!heartbeat) return std::nullopt;
  std::tm parts{};
  if (!strptime(heartbeat->at.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts)) return std::nullopt;
  return std::max(0.0, std::difftime(std::time(nullptr), timegm(&parts)));
}

}  // namespace

std::string run_state(const RunRecord& run) {
  if (run.status != "running") return run.status;
  return state_of_process(process_of(run)) == ProcessState::kGone ? "interrupted" : run.status;
}

std::string run_state_text(const RunRecord& run, const std::optional<HeartbeatRecord>& heartbeat) {
  if (run.status != "running") return run.status;
  const std::optional<double> silence = silence_of(heartbeat);
  const std::string since = silence ? age_text(*silence) : "";
  switch (state_of_process(process_of(run))) {
    case ProcessState::kGone:
      return silence ? "stopped: its process has been gone for " + since
                     : "stopped: its process is gone";
    case ProcessState::kAlive:
      return silence ? "running, last sign of life " + since + " ago" : "running";
    case ProcessState::kOutOfSight:
      break;
  }
  if (!silence) return "running, as far as can be seen from here";
  return (*silence > kSilentSeconds ? "stopped, it seems: " : "running elsewhere, ") +
         ("last sign of life " + since) + " ago";
}

std::string computing_process(const RunRecord& run,
                              const std::optional<HeartbeatRecord>& heartbeat) {
  if (run.status != "running") return "";
  const std::string process = process_of(run);
  const ProcessState state = state_of_process(process);
  if (state == ProcessState::kAlive) return process;
  const std::optional<double> silence = silence_of(heartbeat);
  const bool elsewhere =
      state == ProcessState::kOutOfSight && silence && *silence <= kSilentSeconds;
  return elsewhere ? process : "";
}

}  // namespace flm
