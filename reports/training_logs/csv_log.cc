// A table with a header: own CSV, a W&B export (columns "RUN - train/loss", ".../__MIN"), what
// TensorBoard offers for download ("Wall time,Step,Value"). The separator is ',', ';' or a tab;
// a cell in quotes may have several lines.
#include <algorithm>
#include <optional>
#include <utility>

#include "base/errors.h"
#include "base/text/printable.h"
#include "reports/training_logs/line_format.h"
#include "reports/training_logs/text_fields.h"

namespace flm {
namespace {

struct Row {
  std::vector<std::string> cells;
  bool closed = false;  // the last cell is in quotes that end
};

Row split(std::string_view line, char separator) {
  Row out;
  std::string cell;
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
      cell += c;
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
      out.closed = !quoted;
    } else if (c == separator && !quoted) {
      out.cells.push_back(std::exchange(cell, ""));
      out.closed = false;
    } else {
      cell += c;
    }
  }
  out.cells.push_back(std::move(cell));
  return out;
}

/// Whether a cell in quotes goes on in the next line.
bool is_open(std::string_view line, bool was_open) {
  return was_open != (std::count(line.begin(), line.end(), '"') % 2 != 0);
}

/// W&B puts the run's name before a metric's.
std::string column_name(const std::string& header) {
  const std::size_t dash = header.rfind(" - ");
  return dash == std::string_view::npos ? header : header.substr(dash + 3);
}

class Csv : public LineFormat {
 public:
  using LineFormat::LineFormat;
  std::string_view name() const override { return "csv"; }
  bool takes_unended() const override { return true; }

  bool take(std::string_view line, const LogLines& at, LogFile& file) override {
    if (!pending_.empty()) {
      go_on(line, at, file);
      return true;
    }
    if (line.empty() || line[0] == '#') return columns_.empty() ? false : true;
    if (columns_.empty()) return std::exchange(begun_, true) ? false : take_header(line, file);
    if (at.ended() && is_open(line, false)) {
      pending_ = line;
      pending_at_ = at.where();
    } else {
      take_row(line, at, file);
    }
    return true;
  }

  void finish(LogFile& file) override {
    if (!pending_.empty()) fail_open();
    if (wandb_) file.format = "wandb";
  }

 private:
  /// Whether it is a header. (Most cells are numbers; every name of a step has one of these
  /// letters.)
  bool has_steps(const Row& row) const {
    return std::any_of(row.cells.begin(), row.cells.end(), [&](const std::string& cell) {
      const std::string_view name = without_spaces_around(cell);
      return name.find_first_of("eEtT") != std::string_view::npos && names_.is_step(name);
    });
  }

  [[noreturn]] void fail_open() const {
    throw UserError(pending_at_ + ": a quote that is not closed; mend or remove the line");
  }

  /// One more line of a row with a cell of several.
  void go_on(std::string_view line, const LogLines& at, LogFile& file) {
    if (pending_.size() + line.size() > LogLines::kLongestLine) fail_open();
    pending_ += '\n';
    pending_ += line;
    if (at.ended() && is_open(line, true)) return;
    take_row(std::exchange(pending_, ""), at, file);
  }

  /// Where ';' parts the columns a comma is the decimal point, where ',' does it is none; where
  /// tabs do it may be either. UserError for what can be read in two ways, or in none.
  std::optional<double> number_in(std::string_view cell, const std::string& column,
                                  const LogLines& at) const {
    if (cell.find(',') == std::string_view::npos) return printed_number(cell);
    const auto grouped = printed_number(cell), pointed = number_with_decimal_comma(cell);
    std::optional<double> value = separator_ == ';' ? pointed : grouped;
    if (separator_ == '\t') value = grouped && pointed ? std::nullopt : grouped ? grouped : pointed;
    const bool is_number = cell.find_first_not_of("0123456789.,+-eE") == std::string_view::npos;
    if (!value && is_number && names_.is_kept(column))
      throw UserError(at.where() +
                      ": is the comma a decimal point? Write the number with a point for it, and "
                      "without one for thousands: \"" +
                      printable(cell) + "\"");
    return value;
  }

  bool take_header(std::string_view line, LogFile& file) {
    for (const char separator : {',', ';', '\t'}) {
      const Row row = split(line, separator);
      if (row.cells.size() < 2 || !has_steps(row)) continue;
      separator_ = separator;
      set_columns(row.cells, file.path);
      return true;
    }
    return false;
  }

  void set_columns(const std::vector<std::string>& cells, const std::string& path) {
    columns_.clear();
    std::vector<std::string> seen;
    for (const std::string& cell : cells) {
      const std::string header(without_spaces_around(cell)), name = column_name(header);
      wandb_ = wandb_ || name != header || header == "_step";
      columns_.push_back(header.ends_with("__MIN") || header.ends_with("__MAX") ? "" : name);
      if (columns_.back().empty()) continue;
      if (std::find(seen.begin(), seen.end(), name) != seen.end())
        throw UserError("columns of several runs, export one run alone: \"" + printable(name) +
                        "\" of " + path);
      seen.push_back(name);
    }
    // TensorBoard's download has one tag, which only the name of the file says.
    if (cells.size() == 3 && cells[0] == "Wall time" && cells[1] == "Step" && cells[2] == "Value")
      columns_[2] = "loss";
  }

  void take_row(std::string_view line, const LogLines& at, LogFile& file) {
    Row row = split(line, separator_);
    if (has_steps(row)) {
      set_columns(row.cells, file.path);  // an attempt wrote its header again
      return;
    }
    if (!at.ended() && !row.closed) {
      row.cells.pop_back();
      file.notes.push_back("the last line of " + file.path +
                           " has no end, so that its last value may be cut; it is left out");
    }
    if (row.cells.size() > columns_.size() || (at.ended() && row.cells.size() < columns_.size()))
      throw UserError(at.where() + ": " + std::to_string(row.cells.size()) + " values for " +
                      std::to_string(columns_.size()) + " columns; mend or remove the line");
    LogEntry entry;
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      const std::string_view cell = without_spaces_around(row.cells[i]);
      if (columns_[i].empty() || cell.empty()) continue;
      auto value = number_in(cell, columns_[i], at);
      if (!value) value = printed_time(cell);
      if (value)
        names_.put(entry, columns_[i], *value);
      else if (names_.is_step(columns_[i]))
        throw UserError(at.where() + ": a step that is no number: \"" + printable(cell) + "\"");
    }
    file.entries.push_back(entry);
  }

  std::vector<std::string> columns_;  // "" for one that is not read
  char separator_ = ',';
  bool begun_ = false, wandb_ = false;
  std::string pending_, pending_at_;  // lines of a row whose last cell is open, and its first place
};

}  // namespace

std::unique_ptr<LineFormat> csv_format(LogNames& names) { return std::make_unique<Csv>(names); }

}  // namespace flm
