// Standard output of torchtitan, and others that print "step: 10  loss: 4.8  name: value ...":
// [titan] 2023-11-14 22:13:25,000 - root - INFO - step: 10  loss:  4.81788  grad_norm:  0.7725  ...
#include "reports/training_logs/line_format.h"
#include "reports/training_logs/text_fields.h"

namespace flm {
namespace {

/// The next word, which is taken off; "" at the end.
std::string_view take_word(std::string_view& text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(begin);
  const std::string_view word = text.substr(0, text.find_first_of(" \t"));
  text.remove_prefix(word.size());
  return word;
}

class Torchtitan : public LineFormat {
 public:
  using LineFormat::LineFormat;
  std::string_view name() const override { return "torchtitan"; }

  bool take(std::string_view line, const LogLines&, LogFile& file) override {
    constexpr std::string_view kWord = "step: ";
    const std::size_t at = line.rfind(kWord);
    if (at == std::string_view::npos || (at > 0 && line[at - 1] != ' ')) return false;
    std::string_view rest = line.substr(at + kWord.size());
    const auto step = take_whole_number(rest);
    if (!step || rest.find("loss:") == std::string_view::npos) return false;
    const std::string_view before = without_spaces_around(line.substr(0, at));
    const std::string prefix = before.ends_with("validate") ? "validation/" : "";
    LogEntry entry = entry_after(before, file);
    names_.put(entry, "step", static_cast<double>(*step));
    while (true) {
      const std::string_view name = take_word(rest);
      if (name.empty()) break;
      if (!name.ends_with(':')) continue;
      if (const auto value = printed_number(take_word(rest)))
        names_.put(entry, prefix + std::string(name.substr(0, name.size() - 1)), *value);
    }
    file.entries.push_back(entry);
    return true;
  }
};

}  // namespace

std::unique_ptr<LineFormat> torchtitan_format(LogNames& names) {
  return std::make_unique<Torchtitan>(names);
}

}  // namespace flm
