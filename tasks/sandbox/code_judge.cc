#include "tasks/sandbox/code_judge.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "base/documents/json.h"
#include "base/errors.h"
#include "base/sha256.h"
#include "base/system/files.h"

namespace flm {
namespace {

class SandboxJudge : public CodeJudge {
 public:
  explicit SandboxJudge(bool allow_unsafe) : sandbox_(Sandbox::open(allow_unsafe)) {}
  std::vector<CodeOutcome> judge(std::span<const CodeProgram> programs) const override {
    std::vector<CodeOutcome> outcomes;
    for (const CodeProgram& program : programs) outcomes.push_back(sandbox_.run(program));
    return outcomes;
  }
  std::string description() const override { return sandbox_.description(); }

 private:
  Sandbox sandbox_;
};

class RecordedJudge : public CodeJudge {
 public:
  RecordedJudge(std::map<std::string, CodeOutcome> known, std::string path)
      : known_(std::move(known)), path_(std::move(path)) {}

  std::vector<CodeOutcome> judge(std::span<const CodeProgram> programs) const override {
    std::vector<CodeOutcome> outcomes;
    for (const CodeProgram& program : programs) {
      const auto found = known_.find(program_hash(program));
      if (found != known_.end()) {
        outcomes.push_back(found->second);
      } else {
        outcomes.emplace_back().detail = "no verdict for this program in " + path_;
      }
    }
    return outcomes;
  }
  std::string description() const override { return "verdicts of " + path_; }

 private:
  std::map<std::string, CodeOutcome> known_;
  std::string path_;
};

std::string text_of(const Json& line, const char* key, const std::string& origin) {
  if (!line.is_object() || !line.contains(key) || !line.at(key).is_string())
    throw UserError(origin + ": wants the text " + std::string(key));
  return line.at(key).get<std::string>();
}

CodeOutcome parse_outcome(const Json& line, const std::string& origin) {
  CodeOutcome outcome;
  const auto verdict = verdict_named(text_of(line, "verdict", origin));
  if (!verdict) {
    throw UserError(origin + ": verdict must be pass, wrong, exception, timeout, memory, " +
                    "forbidden or setup error: " + text_of(line, "verdict", origin));
  }
  outcome.verdict = *verdict;
  if (line.contains("detail")) outcome.detail = text_of(line, "detail", origin);
  return outcome;
}

}  // namespace

std::string program_hash(const CodeProgram& program) {
  return Sha256()
      .update(std::to_string(program.candidate.size()) + "\n")
      .update(program.candidate)
      .update(program.tests)
      .hex();
}

std::shared_ptr<const CodeJudge> make_sandbox_judge(bool allow_unsafe) {
  return std::make_shared<SandboxJudge>(allow_unsafe);
}

std::shared_ptr<const CodeJudge> read_verdicts(const std::string& path) {
  std::map<std::string, CodeOutcome> known;
  std::istringstream lines(read_file(path));
  int number = 0;
  for (std::string text; std::getline(lines, text);) {
    const std::string origin = path + ":" + std::to_string(++number);
    if (text.empty()) continue;
    const Json line = parse_json(text, origin);
    const std::string hash = text_of(line, "program_hash", origin);
    const CodeOutcome outcome = parse_outcome(line, origin);
    const auto [at, fresh] = known.emplace(hash, outcome);
    if (!fresh && at->second.verdict != outcome.verdict)
      throw UserError(origin + ": a second verdict that differs for program " + hash);
  }
  return std::make_shared<RecordedJudge>(std::move(known), path);
}

std::vector<CodeOutcome> ProgramCollector::judge(std::span<const CodeProgram> programs) const {
  const std::lock_guard guard(lock_);
  std::vector<CodeOutcome> outcomes(programs.size());
  for (std::size_t i = 0; i < programs.size(); ++i) {
    programs_.emplace(program_hash(programs[i]), programs[i]);
    outcomes[i].detail = "exported, not judged";
  }
  return outcomes;
}

std::string ProgramCollector::jsonl() const {
  const std::lock_guard guard(lock_);
  std::string out;
  for (const auto& [hash, program] : programs_) {
    out +=
        compact_json(Json{
            {"program_hash", hash}, {"candidate", program.candidate}, {"tests", program.tests}}) +
        "\n";
  }
  return out;
}

CodeProgram parse_program(const std::string& line, const std::string& origin) {
  const Json json = parse_json(line, origin);
  return {text_of(json, "candidate", origin), text_of(json, "tests", origin)};
}

std::string verdict_line(const CodeProgram& program, const CodeOutcome& outcome) {
  return compact_json(Json{{"program_hash", program_hash(program)},
                           {"verdict", verdict_name(outcome.verdict)},
                           {"detail", outcome.detail},
                           {"output", outcome.output},
                           {"seconds", outcome.seconds}});
}

std::string outcomes_json(std::span<const CodeOutcome> outcomes) {
  Json all = Json::array();
  for (const CodeOutcome& outcome : outcomes)
    all.push_back({{"verdict", verdict_name(outcome.verdict)}, {"detail", outcome.detail}});
  return compact_json(all);
}

}  // namespace flm
