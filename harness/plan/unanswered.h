// One plan for several models: what its items waited for before the first answer.
#pragma once

#include <string>
#include <vector>

#include "harness/plan/plan.h"

namespace flm {

/// Taken of a tokenized plan that nobody has answered yet.
class Unanswered {
 public:
  Unanswered() = default;
  explicit Unanswered(const RunPlan& plan);

  /// Puts the items of the plan back to where they were: nothing is answered.
  void restore(RunPlan& plan) const;

 private:
  struct State {
    std::vector<RequestAnswer> answers;
    int waiting = 0;
    std::string status, message;
  };
  std::vector<std::vector<State>> states_;  // [task][item]
};

}  // namespace flm
