// A format that is read line by line.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "reports/training_logs/log_entry.h"
#include "reports/training_logs/log_lines.h"
#include "reports/training_logs/log_names.h"

namespace flm {

/// One format's reader of one file, used by one thread. `names` outlives it.
class LineFormat {
 public:
  explicit LineFormat(LogNames& names) : names_(names) {}
  virtual ~LineFormat() = default;
  virtual std::string_view name() const = 0;
  /// Takes a line of its format into `file`; false where it is none. `line` has no colours.
  virtual bool take(std::string_view line, const LogLines& at, LogFile& file) = 0;
  /// After the last line.
  virtual void finish(LogFile&) {}
  /// Whether a line without an end is complete as it is.
  virtual bool takes_unended() const { return false; }

 protected:
  /// With the time and the rank that stand in `before`, the text before the figures.
  static LogEntry entry_after(std::string_view before, LogFile& file);

  LogNames& names_;
};

/// UserError: the log of a Hugging Face Trainer is its trainer_state.json.
[[noreturn]] void refuse_printed_by_trainer(const std::string& path);

/// Reads a log of text: the first format that takes a line has the file. UserError where none does.
LogFile read_text_log(LogLines& lines, LogNames& names);

std::unique_ptr<LineFormat> megatron_format(LogNames& names);
std::unique_ptr<LineFormat> nanotron_format(LogNames& names);
std::unique_ptr<LineFormat> torchtitan_format(LogNames& names);
std::unique_ptr<LineFormat> olmo_core_format(LogNames& names);
std::unique_ptr<LineFormat> csv_format(LogNames& names);

}  // namespace flm
