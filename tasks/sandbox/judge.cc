#include <algorithm>
#include <array>
#include <csignal>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/errors.h"
#include "base/text/utf8.h"
#include "tasks/sandbox/judged_run.h"

namespace flm {
namespace {

constexpr std::array kNames = {"pass",   "wrong",     "exception",  "timeout",
                               "memory", "forbidden", "setup error"};

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

/// The candidate's bytes as text that any record can hold.
std::string as_text(std::string bytes) {
  bytes.resize(utf8_complete_prefix(bytes));
  if (!utf8_valid(bytes))
    std::replace_if(
        bytes.begin(), bytes.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; },
        '?');
  return bytes;
}

CodeOutcome outcome(Verdict verdict, std::string detail) {
  CodeOutcome out;
  out.verdict = verdict;
  out.detail = std::move(detail);
  return out;
}

/// Why a candidate's process ended before the tests were through.
CodeOutcome lost(const RunTrace& trace, const CodeLimits& limits, const std::string& reason) {
  const std::string cpu = "more than " + std::to_string(limits.cpu_seconds) + " s of CPU time";
  switch (trace.candidate_signal) {
    case SIGSYS:
      return outcome(Verdict::kForbidden, "a system call that the sandbox forbids");
    case SIGXCPU:
      return outcome(Verdict::kTimeout, cpu);
    case SIGKILL:
      if (trace.seconds >= limits.cpu_seconds) return outcome(Verdict::kTimeout, cpu);
      return outcome(Verdict::kException, "the process was killed (by itself or for memory)");
    case 0:
      break;
    default:
      return outcome(Verdict::kException,
                     "the process died of signal " + std::to_string(trace.candidate_signal));
  }
  if (reason == "ended")
    return outcome(Verdict::kException, "the process ended before the tests did, exit code " +
                                            std::to_string(trace.candidate_exit));
  return outcome(Verdict::kException, "the process did not answer as it should: " + reason);
}

CodeOutcome setup_error(const RunTrace& trace, const std::string& detail) {
  const std::string why =
      as_text(first_line(trace.output.empty() ? trace.complaints : trace.output));
  return outcome(Verdict::kSetupError, why.empty() ? detail : detail + ": " + why);
}

CodeOutcome judged(const RunTrace& trace, const CodeLimits& limits) {
  if (trace.too_much_output)
    return outcome(Verdict::kForbidden,
                   "more than " + std::to_string(limits.output_bytes) + " bytes of output");
  if (trace.verdict.empty()) {
    if (trace.out_of_time || trace.checker_signal == SIGXCPU)
      return outcome(Verdict::kTimeout,
                     "more than " + std::to_string(limits.wall_seconds) + " s altogether");
    return setup_error(trace, "the tests' process gave no verdict");
  }
  const Json line = parse_json(trace.verdict, "verdict");
  const auto name = line.at(0).get<std::string>(), detail = line.at(1).get<std::string>();
  if (name == "lost") return lost(trace, limits, detail);
  if (name == "setup error" && detail.find("did not start") != std::string::npos)
    return setup_error(trace, detail);
  const auto verdict = verdict_named(name);
  FLM_CHECK(verdict.has_value(), "no such verdict: " + name);
  return outcome(*verdict, detail);
}

}  // namespace

const char* verdict_name(Verdict verdict) { return kNames[static_cast<std::size_t>(verdict)]; }

std::optional<Verdict> verdict_named(const std::string& name) {
  const auto at = std::find(kNames.begin(), kNames.end(), name);
  if (at == kNames.end()) return std::nullopt;
  return static_cast<Verdict>(at - kNames.begin());
}

CodeOutcome judge(const RunTrace& trace, const CodeLimits& limits) {
  CodeOutcome out = judged(trace, limits);
  out.output = as_text(trace.output);
  out.seconds = trace.seconds;
  return out;
}

}  // namespace flm
