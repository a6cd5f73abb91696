// The lines of logged samples that `--model replay:FILE` answers from.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/documents/json.h"
#include "tasks/task.h"

namespace flm {

/// The answers to one document.
struct ReplayedLine {
  std::string where;  // FILE:line
  std::string task;
  std::int64_t doc_id = 0;
  Json responses;             // one element a request
  bool repeats_flat = false;  // the records' generation: resps are the repeats of the one request
  std::vector<std::string> context_hashes, continuations;
  std::string status, message;  // of an item that our run did not answer: over_long, error; else ""
};

/// A line of lm-evaluation-harness's samples_TASK_*.jsonl or a record of conformance/lm-eval;
/// `file_task`: the task where the line names none. UserError that names `where` for anything else.
ReplayedLine read_replayed_line(const std::string& text, const std::string& where,
                                const std::string& file_task);

/// One answer for each of the item's requests, empty ones where the line has a status. UserError
/// where a prompt or a continuation differs, or what is logged is no answer to such a request.
std::vector<RequestAnswer> replayed_answers(const ReplayedLine& line, const TaskItem& item);

}  // namespace flm
