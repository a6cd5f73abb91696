// The items of a task and their texts from samples_TASK_DATE.jsonl[.gz].
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "reports/compare/logs/logged_run.h"
#include "reports/compare/logs/sample_file.h"
#include "reports/compare/logs/sample_line.h"

namespace flm {

/// Texts of a folder's run.
class LoggedTexts : public ItemTexts {
 public:
  struct Log {
    std::unique_ptr<SampleFile> file;
    std::vector<LineSpan> spans;
  };
  void add(const std::string& task, Log log) { logs_[task] = std::move(log); }

  std::vector<ItemText> texts(const std::string& task,
                              const std::vector<std::size_t>& items) override;

 private:
  std::map<std::string, Log> logs_;
};

/// The lines of a log become the task's items and the values of its metrics. UserError names file
/// and line.
LoggedTexts::Log read_log(LoggedTask& task, const std::string& path,
                          const TextStatistics& statistics);

}  // namespace flm
