#include "reports/compare/logged_run.h"

namespace flm {

LoggedTask* LoggedRun::find(const std::string& task) {
  for (LoggedTask& known : tasks)
    if (known.name == task) return &known;
  return nullptr;
}

}  // namespace flm
