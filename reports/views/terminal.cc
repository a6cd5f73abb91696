#include "reports/views/terminal.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <utility>

#include "base/documents/json.h"
#include "base/text/joined.h"
#include "reports/figures/display_width.h"
#include "reports/figures/figures.h"
#include "reports/figures/row_text.h"
#include "reports/figures/wrapped_text.h"
#include "reports/views/chance.h"
#include "reports/views/folded_domains.h"
#include "reports/views/headline.h"
#include "reports/views/shown_rows.h"
#include "reports/views/text_table.h"

namespace flm {
namespace {

/// The one protocol of bits per byte among the rows, which then need not repeat it; "" where there
/// is none or several.
std::string only_protocol(const ShownRows& shown) {
  std::set<std::string> names;
  for (const ShownRow& row : shown.rows)
    for (const Score* score : row.scores)
      if (score->metric.starts_with("bpb@")) names.insert(score->metric);
  return names.size() == 1 ? *names.begin() : "";
}

/// As above, of all tasks: what the groups' means are of.
std::string protocol_below(const Report& report) {
  std::set<std::string> names;
  for (const ReportRow& row : report.rows)
    for (const Score& score : row.scores)
      if (score.metric.starts_with("bpb@")) names.insert(score.metric);
  return joined(names, ", ");
}

/// The run cut its prompts on the left: what was still too long is no matter of prompts.
bool cuts_prompts(const RunRecord& run) {
  if (run.options_json.empty()) return false;
  const Json options = parse_json(run.options_json, "options in the store");
  const Json settings = options.value("settings", Json::object());
  return settings.is_object() && settings.value("over_long", "") == "truncate-left";
}

constexpr std::size_t kShots = 1, kValue = 4;  // columns
constexpr const char *kInverse = "\x1b[7m", *kBold = "\x1b[1m", *kPlain = "\x1b[0m";

class ReportWriter {
 public:
  ReportWriter(const Report& report, const Screen& screen)
      : report_(report),
        columns_(screen.columns),
        colour_(screen.colour),
        shown_(shown_rows(report, screen.all)),
        protocol_(only_protocol(shown_)),
        starred_(std::any_of(shown_.rows.begin(), shown_.rows.end(),
                             [](const ShownRow& row) { return row.builtin_sample; })) {}

  std::string write() {
    for (const std::string& warning : report_.warnings)
      line_with_command((warning.starts_with("NOT A") ? "* " : "") + terminal_safe(warning));
    out_ = styled(std::move(out_), kInverse);
    for (const std::string& text : headline(report_)) line(text, 2);
    out_ += "\n";
    table();
    notes();
    return std::move(out_);
  }

 private:
  void line(const std::string& text, std::size_t hang = 0) {
    out_ += wrapped(text, columns_, hang);
  }

  /// Each line by itself, so that a pager that shows a part shows it right.
  std::string styled(std::string text, const char* style) const {
    if (!colour_) return text;
    std::istringstream lines(text);
    std::string out;
    for (std::string line; std::getline(lines, line);) out += style + line + kPlain + "\n";
    return out;
  }

  /// A command behind ": " gets a line of its own that nothing breaks: it is there to be pasted.
  void line_with_command(const std::string& text) {
    const std::size_t at = text.find(": flmeval ");
    if (at == std::string::npos) return line(text, 2);
    line(text.substr(0, at + 1), 2);
    command(text.substr(at + 2));
  }

  void command(const std::string& text) { out_ += "  " + text + "\n"; }

  void table() {
    TextTable table;
    table.columns = {
        {"Task"},        {"Shots", true, 3},        {"Metric"}, {"n", true, 2}, {"Value", true},
        {"SE", true, 1}, {"95% interval", true, 4}, {""}};
    for (const ShownRow& row : shown_.rows) add_row(row, table);
    drop_empty_last(table);
    const std::vector<std::size_t> fitting = fitting_columns(table, columns_);
    shots_apart_ = std::find(fitting.begin(), fitting.end(), kShots) == fitting.end();
    const std::string text = render_text_table(table, fitting, columns_);
    const std::size_t heading = text.find('\n') + 1;
    out_ += styled(text.substr(0, heading), kBold) + text.substr(heading);
  }

  void add_row(const ShownRow& row, TextTable& table) {
    const std::string name =
        std::string(2 * static_cast<std::size_t>(row.row->depth), ' ') + shown_name(*row.row);
    if (row.scores.empty()) table.lines.push_back({name, row.shots, "", "", "", "", "", ""});
    bool first = true;
    for (const Score* score : row.scores) {
      std::vector<std::string> cells = {first ? name : "", first ? row.shots : "",
                                        metric_text(*score), grouped(score->n)};
      for (std::string& figure : figures_of(row, *score)) cells.push_back(std::move(figure));
      const std::string mark = footnote(terminal_safe(remark_text(*score)));
      cells.push_back(score->value ? mark : "");
      if (!score->value && !mark.empty()) cells[kValue] = value_text(*score) + " " + mark;
      table.lines.push_back(std::move(cells));
      first = false;
    }
  }

  /// Marks of scores that have a value stand in a column of their own, where there are any.
  static void drop_empty_last(TextTable& table) {
    if (std::any_of(table.lines.begin(), table.lines.end(),
                    [](const auto& line) { return !line.back().empty(); }))
      return;
    table.columns.pop_back();
    for (auto& line : table.lines) line.pop_back();
  }

  /// "[1]" for a remark, the same for the same one; "" for none.
  std::string footnote(const std::string& remark) {
    if (remark.empty()) return "";
    const auto known = std::find(footnotes_.begin(), footnotes_.end(), remark);
    const auto number = known - footnotes_.begin() + 1;
    if (known == footnotes_.end()) footnotes_.push_back(remark);
    return "[" + std::to_string(number) + "]";
  }

  /// Value, error, interval.
  std::vector<std::string> figures_of(const ShownRow& row, const Score& score) const {
    const std::string mark = !starred_ ? "" : row.builtin_sample && score.value ? "*" : " ";
    const std::string value = value_text(score) + mark;
    if (!score.value) return {value, "", ""};
    return {value, error_text(score), interval_text(score)};
  }

  std::string metric_text(const Score& score) const {
    const std::string name = score.metric == protocol_ && !protocol_.empty() ? "bpb" : score.metric;
    return terminal_safe(
        metric_label(name + (score.percent ? ", %" : ""), score.filter, score.higher_is_better));
  }

  void notes() {
    out_ += "\n";
    for (std::size_t i = 0; i < footnotes_.size(); ++i)
      line("[" + std::to_string(i + 1) + "] " + footnotes_[i], 4);
    if (shots_apart_) line("shots: " + shots_of_outermost(), 2);
    if (const std::string protocol = protocol_below(report_); !protocol.empty())
      line("bits per byte: " + terminal_safe(protocol), 2);
    for (const std::string& text : folded_domains(report_, shown_)) line(text, 2);
    if (const std::string chance = chance_line(report_); !chance.empty()) line(chance, 2);
    for (const std::string& note : shown_.notes) line("note: " + note, 2);
    if (any_over_long() && !cuts_prompts(report_.run))
      line(
          "prompts beyond the context: fewer shots (--num-fewshot N) are shorter; --over-long "
          "truncate-left cuts, and is another protocol",
          2);
    folded();
    line("next:");
    command("flmeval compare " + report_.run.id + " OTHER" + terminal_safe(report_.store_flag));
    command("flmeval report " + report_.run.id + " --format html" +
            terminal_safe(report_.store_flag) + " > report.html");
  }

  /// "0 for mmlu, bpb; 5 for gsm8k"
  std::string shots_of_outermost() const {
    std::map<std::string, std::string> names;
    for (const ShownRow& row : shown_.rows) {
      if (row.row->depth > 0) continue;
      std::string& list = names[row.shots];
      list += (list.empty() ? "" : ", ") + shown_name(*row.row);
    }
    return joined(names, "; ",
                  [](const auto& entry) { return entry.first + " for " + entry.second; });
  }

  bool any_over_long() const {
    return std::any_of(report_.rows.begin(), report_.rows.end(), [](const ReportRow& row) {
      return row.flagged > 0 && !row.scores.empty() && !row.scores.front().value;
    });
  }

  void folded() {
    const std::string text = folded_text(shown_);
    if (!text.empty())
      line_with_command(text + ": flmeval report " + report_.run.id + " --all" +
                        terminal_safe(report_.store_flag));
  }

  const Report& report_;
  const int columns_;
  const bool colour_;
  const ShownRows shown_;
  const std::string protocol_;
  const bool starred_;        // some values are of built-in samples
  bool shots_apart_ = false;  // their column found no place
  std::vector<std::string> footnotes_;
  std::string out_;
};

}  // namespace

std::string render_terminal(const Report& report, const Screen& screen) {
  return ReportWriter(report, screen).write();
}

}  // namespace flm
