#include "harness/plan/unanswered.h"

namespace flm {

Unanswered::Unanswered(const RunPlan& plan) {
  for (const PlannedTask& task : plan.tasks) {
    std::vector<State>& states = states_.emplace_back();
    for (const PlannedItem& item : task.items)
      states.push_back({item.answers, item.waiting, item.status, item.message});
  }
}

void Unanswered::restore(RunPlan& plan) const {
  for (std::size_t t = 0; t < plan.tasks.size(); ++t) {
    for (std::size_t i = 0; i < plan.tasks[t].items.size(); ++i) {
      PlannedItem& item = plan.tasks[t].items[i];
      const State& state = states_[t][i];
      item.answers = state.answers;
      item.waiting = state.waiting;
      item.status = state.status;
      item.message = state.message;
    }
  }
}

}  // namespace flm
