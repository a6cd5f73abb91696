#include "reports/compare/logs/logged_samples.h"

#include <array>
#include <map>

#include "base/parallel_loop.h"

namespace flm {
namespace {

/// One line of a log after another becomes the items of a task.
class ItemGatherer {
 public:
  ItemGatherer(LoggedTask& task, const std::string& path) : task_(task), path_(path) {}

  void take(const SampleLine& line, const LineSpan& span) {
    task_.has_requests = task_.has_requests && line.has_requests;
    const std::size_t index = item_of(line, span);
    const auto [seen, first] = answers_.try_emplace({index, line.filter}, line.answer);
    if (!first) {
      if (seen->second == line.answer) {
        ++repeated_lines_;
      } else if (task_.contradiction.empty()) {
        task_.contradiction =
            "doc_id " + std::to_string(line.item.doc_id) + " has two different answers in " + path_;
      }
      return;
    }
    for (const auto& [name, numbers] : line.values)
      metric(name, line.filter).values[index] = numbers;
  }

  std::vector<LineSpan> finish() {
    for (LoggedMetric& metric : task_.metrics) metric.values.resize(task_.items.size());
    if (repeated_lines_ > 0)
      task_.notes.push_back(std::to_string(repeated_lines_) +
                            " lines are logged twice and count once: " + path_);
    return std::move(spans_);
  }

 private:
  using Key = std::array<Digest, 5>;

  /// Every filter logs an item again.
  std::size_t item_of(const SampleLine& line, const LineSpan& span) {
    const LoggedItem& item = line.item;
    const Key key = {Digest{0, static_cast<std::uint64_t>(item.doc_id)}, item.document, item.target,
                     item.prompt, item.requests};
    const auto [place, added] = items_.try_emplace(key, task_.items.size());
    if (added) {
      task_.items.push_back(item);
      spans_.push_back(span);
    }
    LoggedItem& kept = task_.items[place->second];
    if (kept.problem.empty()) kept.problem = item.problem;
    for (LoggedMetric& metric : task_.metrics) metric.values.resize(task_.items.size());
    return place->second;
  }

  LoggedMetric& metric(const std::string& name, const std::string& filter) {
    for (LoggedMetric& known : task_.metrics)
      if (known.metric == name && known.filter == filter) return known;
    task_.metrics.push_back(
        {name, filter, "", true, "", "", ItemValues(task_.items.size()), {}, true});
    return task_.metrics.back();
  }

  LoggedTask& task_;
  std::string path_;
  std::map<Key, std::size_t> items_;
  std::map<std::pair<std::size_t, std::string>, Digest> answers_;
  std::int64_t repeated_lines_ = 0;
  std::vector<LineSpan> spans_;  // [items] of the first filter's line
};

}  // namespace

std::vector<ItemText> LoggedTexts::texts(const std::string& task,
                                         const std::vector<std::size_t>& items) {
  const Log& log = logs_.at(task);
  std::vector<ItemText> out(items.size());
  parallel_loop(items.size(), [&](std::size_t i) {
    out[i] = text_of_sample_line(log.file->line(log.spans.at(items[i])), log.file->path());
  });
  return out;
}

LoggedTexts::Log read_log(LoggedTask& task, const std::string& path,
                          const TextStatistics& statistics) {
  LoggedTexts::Log log;
  log.file = std::make_unique<SampleFile>(path);
  ItemGatherer gatherer(task, path);
  std::vector<SampleLine> lines(SampleFile::kLinesAtOnce);
  log.file->for_each_line(
      [&](std::string_view line, std::size_t number, std::size_t slot) {
        lines[slot] = parse_sample_line(line, path + ":" + std::to_string(number), statistics);
      },
      [&](const LineSpan& span, std::size_t slot) { gatherer.take(lines[slot], span); });
  log.spans = gatherer.finish();
  task.has_samples = !task.items.empty();
  return log;
}

}  // namespace flm
