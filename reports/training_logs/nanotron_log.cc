// Standard output of nanotron, of three significant digits:
// 11/14/2023 22:13:20 [INFO|DP=0]: iteration: 1 / 120 | consumed_tokens: 1.02K | lm_loss: 5.88 |
// ...
#include "reports/training_logs/line_format.h"
#include "reports/training_logs/text_fields.h"

namespace flm {
namespace {

class Nanotron : public LineFormat {
 public:
  using LineFormat::LineFormat;
  std::string_view name() const override { return "nanotron"; }

  bool take(std::string_view line, const LogLines&, LogFile& file) override {
    constexpr std::string_view kWord = "iteration: ";
    const std::size_t at = line.rfind(kWord);
    if (at == std::string_view::npos) return false;
    std::string_view rest = line.substr(at + kWord.size());
    const auto step = take_whole_number(rest);
    rest = without_spaces_around(rest);
    if (!step || !rest.starts_with('/')) return false;
    LogEntry entry = entry_after(line.substr(0, at), file);
    names_.put(entry, "iteration", static_cast<double>(*step));
    for (std::size_t bar = rest.find('|'); bar != std::string_view::npos; bar = rest.find('|')) {
      rest.remove_prefix(bar + 1);
      const std::string_view part = rest.substr(0, rest.find('|'));
      const std::size_t colon = part.find(':');
      if (colon == std::string_view::npos) continue;
      if (const auto value = short_number(part.substr(colon + 1)))
        names_.put(entry, without_spaces_around(part.substr(0, colon)), *value);
    }
    shortened_ = shortened_ || entry.point.tokens;
    file.entries.push_back(entry);
    return true;
  }

  void finish(LogFile& file) override {
    if (shortened_)
      file.notes.push_back("tokens of " + file.path +
                           " are printed with three significant digits: within 0.5 %");
  }

 private:
  bool shortened_ = false;  // there are tokens
};

}  // namespace

std::unique_ptr<LineFormat> nanotron_format(LogNames& names) {
  return std::make_unique<Nanotron>(names);
}

}  // namespace flm
