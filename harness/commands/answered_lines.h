// The lines of a file on their way through the engine, and their answers on stdout.
#pragma once

#include <unistd.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/documents/json.h"
#include "base/errors.h"
#include "base/progress.h"
#include "base/system/standard_output.h"
#include "harness/commands/line_faults.h"
#include "harness/terminal/jsonl.h"

namespace flm {

/// What stands in place of an answer.
inline std::string error_line(const Json& id, const std::string& error) {
  return compact_json(Json{{"id", id}, {"error", error}});
}

/// Answers stand in the order of the lines, each printed as soon as all before it are there, so
/// that the reader of a pipe need not wait for the last one. Line: ScoreLine or GenerateLine.
template <class Line, class Result>
class AnsweredLines {
 public:
  using Request = decltype(Line::request);
  using Sink = std::function<void(std::size_t request, Result&& result)>;
  using Text = std::function<std::string(const Line&, const Request&, const Result&)>;
  using ErrorText = std::function<std::string(const Json& id, const std::string& error)>;

  /// `text` makes the line of an answer (of a line whose request is given beside it), `error_text`
  /// that of a fault, in the line or the answer.
  AnsweredLines(std::vector<Line> lines, Text text, ErrorText error_text = error_line)
      : lines_(std::move(lines)), text_(std::move(text)), error_text_(std::move(error_text)) {
    for (Line& line : lines_)
      if (line.error.empty()) requests_.push_back(std::move(line.request));
    results_.resize(requests_.size());
  }

  /// run(requests, sink, commit): whether all of them were answered. However it ends, answers that
  /// are done are printed; an IncompleteError says how many where it was stopped.
  template <class Run>
  void answer(const Run& run, const std::string& what, Progress& progress) {
    std::int64_t done = 0;
    const auto total = static_cast<std::int64_t>(requests_.size());
    const Sink sink = [&](std::size_t request, Result&& result) {
      results_[request] = std::move(result);
      progress.update(what, ++done, total);
    };
    bool complete = false;
    try {
      complete = run(requests_, sink, [this] { print_ready(); });
    } catch (...) {
      progress.update(what, 0, 0);
      print_rest();
      throw;
    }
    progress.update(what, 0, 0);
    print_rest();
    if (!complete)
      throw IncompleteError("stopped: " + std::to_string(done) + " of " + std::to_string(total) +
                            " answers are done and printed; give the other lines again");
  }

  /// Whether no line has a fault of those that were printed.
  bool all_good() const { return !faults_.any(); }
  /// UserError that counts those that have one.
  void require_all_good() const { faults_.throw_if_any(); }

 private:
  bool has_request() const { return lines_[next_].error.empty(); }
  bool is_done() const { return !has_request() || results_[next_request_]; }

  /// Up to the first line whose answer is missing; on a terminal, where answers would stand among
  /// the lines of progress, none.
  void print_ready() {
    if (isatty(STDOUT_FILENO) == 1) return;
    for (; next_ < lines_.size() && is_done(); advance()) print_next();
    flush_stdout();
  }
  void print_rest() {
    for (; next_ < lines_.size(); advance())
      if (is_done()) print_next();
    flush_stdout();
  }
  void advance() {
    next_request_ += has_request();
    ++next_;
  }
  void print_next() {
    const Line& line = lines_[next_];
    const std::string& error = has_request() ? results_[next_request_]->error : line.error;
    faults_.count(error);
    print_line(error.empty() ? text_(line, requests_[next_request_], *results_[next_request_])
                             : error_text_(line.id, error));
    if (has_request()) results_[next_request_].reset();
  }

  std::vector<Line> lines_;
  std::vector<Request> requests_;               // of the lines without an error
  std::vector<std::optional<Result>> results_;  // of each request, until it is printed
  Text text_;
  ErrorText error_text_;
  std::size_t next_ = 0, next_request_ = 0;  // line to be printed; its request, if it has one
  LineFaults faults_;
};

}  // namespace flm
