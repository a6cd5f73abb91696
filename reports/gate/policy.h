// A gate's policy: the rules that two runs are judged by, as a YAML file says them (docs/gate.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flm {

enum class RuleKind {
  kNoDrop,    // fails where B is worse by more than the limit, and significantly worse
  kNotWorse,  // passes only where B is proven not to be worse by more than the limit
  kLimit,     // B's own value lies inside bounds
  kNoRise,    // of a series: fails where a figure is worse than some checkpoints ago by more than
              // its bands
};
enum class RuleLevel { kBlocking, kAdvisory };  // only blocking rules decide

/// "no-drop", "not-worse", "limit", "no-rise"; "blocking", "advisory".
std::string name_of(RuleKind kind);
std::string name_of(RuleLevel level);

struct Rule {
  int line = 0;  // of the policy file
  RuleKind kind = RuleKind::kNoDrop;
  RuleLevel level = RuleLevel::kBlocking;
  std::string task;  // name of a task or group; * and ? stand for what they match
  std::vector<std::string>
      suite;                   // instead of a task: tasks together; one group stands for its own
  std::string metric, filter;  // "" = the task's main metric, any filter; * and ? as above
  double max_worse = 0;        // in the metric's own unit, whichever way it points
  std::optional<double> see;   // no-drop: inconclusive where a drop of this size might be missed
  std::optional<double> min, max;  // limit
  int over = 5;                    // no-rise: checkpoints
  bool certain = false;            // limit: the value's 95% interval must lie inside
};

struct Policy {
  enum class Inconclusive { kReport, kPass, kFail };

  std::string origin;  // the file
  double alpha = 0.05;
  bool holm = true;  // over blocking rules; else every p is taken as it is
  Inconclusive inconclusive = Inconclusive::kReport;
  double common = 1;                   // least share of a task's items that both runs have
  std::optional<double> flagged;       // most share of a run's items that may be flagged
  std::optional<std::int64_t> errors;  // most items of a run that may have failed
  std::vector<Rule> rules;
};

/// An unknown key, a missing one or a value that cannot be is a UserError "ORIGIN:line: ...".
Policy parse_policy(std::string_view text, const std::string& origin);
Policy read_policy(const std::string& path);

/// Whether `name` fits a pattern in which * stands for any text and ? for one character.
bool fits_pattern(std::string_view pattern, std::string_view name);

}  // namespace flm
