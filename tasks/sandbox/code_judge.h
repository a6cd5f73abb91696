// Who says whether a generated program passes: the sandbox here, a file of verdicts from elsewhere,
// or nobody yet.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tasks/sandbox/sandbox.h"

namespace flm {

/// SHA-256 over candidate and tests: what a verdict belongs to.
std::string program_hash(const CodeProgram& program);

/// Thread-safe.
class CodeJudge {
 public:
  virtual ~CodeJudge() = default;
  /// outcomes[i] belongs to programs[i]. A setup error means: not judged.
  virtual std::vector<CodeOutcome> judge(std::span<const CodeProgram> programs) const = 0;
  virtual std::string description() const = 0;
};

/// Runs the programs here, one at a time for each caller. UserError where the system cannot isolate
/// and `allow_unsafe` is not given.
std::shared_ptr<const CodeJudge> make_sandbox_judge(bool allow_unsafe);

/// Verdicts of a JSONL file: {"program_hash", "verdict", "detail"}. UserErrors name the line.
std::shared_ptr<const CodeJudge> read_verdicts(const std::string& path);

/// Judges nothing and keeps the programs, each once, for another machine.
class ProgramCollector : public CodeJudge {
 public:
  std::vector<CodeOutcome> judge(std::span<const CodeProgram> programs) const override;
  std::string description() const override { return "programs exported, not judged"; }
  /// JSONL of {"program_hash", "candidate", "tests"}, by hash.
  std::string jsonl() const;

 private:
  mutable std::mutex lock_;
  mutable std::map<std::string, CodeProgram> programs_;
};

/// One line of a programs file, and one of a verdicts file.
CodeProgram parse_program(const std::string& line, const std::string& origin);
std::string verdict_line(const CodeProgram& program, const CodeOutcome& outcome);

/// What a sample's record keeps: [{"verdict", "detail"}, ...] as JSON, one for each program.
std::string outcomes_json(std::span<const CodeOutcome> outcomes);

}  // namespace flm
