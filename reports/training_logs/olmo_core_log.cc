// The console of OLMo-core and of OLMo, several lines a step:
// [2023-11-14 22:13:22] INFO [...console_logger:62, rank=0] [step=5/120,epoch=1,eta=60s]
//     throughput/total tokens=5,120
//     train/CE loss=5.476
#include "reports/training_logs/line_format.h"
#include "reports/training_logs/text_fields.h"

namespace flm {
namespace {

class OlmoCore : public LineFormat {
 public:
  using LineFormat::LineFormat;
  std::string_view name() const override { return "olmo-core"; }

  bool take(std::string_view line, const LogLines&, LogFile& file) override {
    return begin_block(line, file) || (block_ && take_figure(line));
  }

  void finish(LogFile& file) override {
    if (block_) file.entries.push_back(*block_);
    block_.reset();
  }

 private:
  bool begin_block(std::string_view line, LogFile& file) {
    constexpr std::string_view kWord = "[step=";
    const std::size_t at = line.find(kWord);
    if (at == std::string_view::npos) return false;
    std::string_view rest = line.substr(at + kWord.size());
    const auto step = take_whole_number(rest);
    if (!step || !rest.starts_with('/')) return false;
    finish(file);
    block_ = entry_after(line.substr(0, at), file);
    names_.put(*block_, "step", static_cast<double>(*step));
    return true;
  }

  /// Whatever a launcher put before it, a figure is indented by four spaces.
  bool take_figure(std::string_view line) {
    const std::size_t indent = line.rfind("    ");
    if (indent == std::string_view::npos) return false;
    const std::string_view figure = line.substr(indent + 4);
    const std::size_t equals = figure.rfind('=');
    if (equals == std::string_view::npos) return false;
    const auto value = printed_number(figure.substr(equals + 1));
    if (value) names_.put(*block_, without_spaces_around(figure.substr(0, equals)), *value);
    return value.has_value();
  }

  std::optional<LogEntry> block_;  // the step whose figures follow
};

}  // namespace

std::unique_ptr<LineFormat> olmo_core_format(LogNames& names) {
  return std::make_unique<OlmoCore>(names);
}

}  // namespace flm
