// Standard output of Megatron-LM and its relatives:
//  [2023-11-14 22:13:22.5] iteration  5/ 120 | consumed samples: 80 | lm loss: 5.696726E+00 | ...
// The loss is the mean of the iterations since the last line that were neither skipped nor NaN;
// where there was none it is missing.
#include <limits>

#include "reports/training_logs/line_format.h"
#include "reports/training_logs/text_fields.h"

namespace flm {
namespace {

/// Where "iteration N/ M |" begins and what follows it.
struct Progress {
  std::size_t begin = std::string_view::npos;
  std::int64_t step = 0;
  std::string_view rest;
};

std::optional<Progress> progress_of(std::string_view line) {
  constexpr std::string_view kWord = "iteration ";
  // The last one: a line may begin on one that was cut when the trainer died.
  for (std::size_t at = line.rfind(kWord); at != std::string_view::npos;
       at = at > 0 ? line.rfind(kWord, at - 1) : std::string_view::npos) {
    Progress out{at, 0, line.substr(at + kWord.size())};
    const auto step = take_whole_number(out.rest);
    if (!step || !out.rest.starts_with('/')) continue;
    out.rest.remove_prefix(1);
    if (!take_whole_number(out.rest)) continue;
    out.rest = without_spaces_around(out.rest);
    if (!out.rest.starts_with('|')) continue;
    out.step = *step;
    return out;
  }
  return std::nullopt;
}

/// Calls `field(name, value)` for each "name: value" between bars.
template <typename Field>
void each_field(std::string_view text, const Field& field) {
  while (!text.empty()) {
    const std::size_t bar = text.find('|');
    const std::string_view part = text.substr(0, bar);
    text = bar == std::string_view::npos ? std::string_view{} : text.substr(bar + 1);
    const std::size_t colon = part.rfind(':');
    if (colon == std::string_view::npos) continue;
    if (const auto value = printed_number(part.substr(colon + 1)))
      field(without_spaces_around(part.substr(0, colon)), *value);
  }
}

class Megatron : public LineFormat {
 public:
  using LineFormat::LineFormat;
  std::string_view name() const override { return "megatron"; }

  bool take(std::string_view line, const LogLines&, LogFile& file) override {
    return take_progress(line, file) || take_validation(line, file) || take_length(line);
  }

  void finish(LogFile& file) override {
    if (tokens_from_samples_)
      file.notes.push_back("tokens of " + file.path + " are consumed samples x seq_length " +
                           std::to_string(*length_));
  }

 private:
  bool take_progress(std::string_view line, LogFile& file) {
    const auto progress = progress_of(line);
    if (!progress) return false;
    LogEntry entry = entry_after(line.substr(0, progress->begin), file);
    names_.put(entry, "iteration", static_cast<double>(progress->step));
    each_field(progress->rest,
               [&](std::string_view name, double value) { names_.put(entry, name, value); });
    TrainingPoint& point = entry.point;
    if (point.nan_iterations > 0 && !point.loss)
      names_.put(entry, "lm loss", std::numeric_limits<double>::quiet_NaN());
    if (length_ && point.samples && !point.tokens) {
      names_.put(entry, "consumed tokens", *point.samples * static_cast<double>(*length_));
      tokens_from_samples_ = true;
    }
    file.entries.push_back(entry);
    return true;
  }

  /// " validation loss at iteration 20 | lm loss value: 3.9E+00 | ..."; the test set is no part of
  /// a curve.
  bool take_validation(std::string_view line, LogFile& file) {
    constexpr std::string_view kWords = "validation loss at iteration ";
    const std::size_t at = line.rfind(kWords);
    if (at == std::string_view::npos || file.format.empty()) return false;
    std::string_view rest = line.substr(at + kWords.size());
    const auto step = take_whole_number(rest);
    if (!step || rest.find("test set") != std::string_view::npos) return true;
    LogEntry entry = entry_after(line.substr(0, at), file);
    names_.put(entry, "iteration", static_cast<double>(*step));
    each_field(rest, [&](std::string_view name, double value) {
      if (name.ends_with(" value"))
        names_.put(entry, "validation/" + std::string(name.substr(0, name.size() - 6)), value);
    });
    file.entries.push_back(entry);
    return true;
  }

  /// "  seq_length ....... 2048" in the arguments that are printed first. No line that shows the
  /// format: others print the like.
  bool take_length(std::string_view line) {
    constexpr std::string_view kWord = " seq_length ..";
    const std::size_t at = line.find(kWord);
    if (at == std::string_view::npos) return false;
    std::string_view rest = line.substr(at + kWord.size());
    rest.remove_prefix(std::min(rest.find_first_not_of('.'), rest.size()));
    if (const auto length = take_whole_number(rest)) length_ = length;
    return false;
  }

  std::optional<std::int64_t> length_;  // tokens of a sequence
  bool tokens_from_samples_ = false;
};

}  // namespace

std::unique_ptr<LineFormat> megatron_format(LogNames& names) {
  return std::make_unique<Megatron>(names);
}

}  // namespace flm
