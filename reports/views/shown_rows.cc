#include "reports/views/shown_rows.h"

#include <algorithm>
#include <set>

#include "base/text/joined.h"
#include "reports/figures/display_width.h"
#include "reports/figures/figures.h"
#include "reports/figures/row_text.h"

namespace flm {
namespace {

bool is_bits_per_byte(const std::string& metric) { return metric.starts_with("bpb"); }

/// A group's figure over the metric of a task below it: its own, or the table of bits per byte.
bool stands_for(const ReportRow& group, const ReportRow& task) {
  if (task.scores.empty()) return false;
  const std::string& metric = task.scores.front().metric;
  return std::any_of(group.scores.begin(), group.scores.end(), [&](const Score& score) {
    return score.metric == metric || (is_bits_per_byte(score.metric) && is_bits_per_byte(metric));
  });
}

/// Shown on demand: how the text became tokens, and mixtures of domains that are not all there.
bool is_aside(const Score& score) {
  if (score.metric == "tokens_per_byte") return true;
  const bool mean = score.metric == "bpb_macro" || score.metric == "bpb_micro";
  return score.metric.starts_with("bpb_") && !mean && !score.value;
}

class RowChooser {
 public:
  RowChooser(const Report& report, bool all) : report_(report), all_(all) {
    for (const TaskRecord& task : report.tasks)
      if (task.builtin_sample) samples_.insert(task.task);
  }

  ShownRows choose() {
    for (std::size_t i = 0; i < report_.rows.size(); ++i) visit(i);
    for (const std::string& note : report_.notes) add_note(note);
    return std::move(out_);
  }

 private:
  void visit(std::size_t index) {
    const ReportRow& row = report_.rows[index];
    parents_.resize(static_cast<std::size_t>(row.depth), nullptr);
    const bool folded = !all_ && !row.is_group && !parents_.empty() && parents_.back() &&
                        stands_for(*parents_.back(), row);
    if (folded) {
      fold(row);
    } else {
      show(index);
    }
    parents_.push_back(&row);
  }

  void fold(const ReportRow& row) {
    const auto top_figure = std::find_if(parents_.begin(), parents_.end(),
                                         [](const ReportRow* p) { return !p->scores.empty(); });
    const std::string top = shown_name(**top_figure);
    if (out_.folded.empty() || out_.folded.back().first != top) out_.folded.push_back({top, 0});
    ++out_.folded.back().second;
    out_.folded_flagged += row.flagged;
    out_.folded_failed += row.failed;
    folded_names_.insert(row.name);
  }

  void show(std::size_t index) {
    ShownRow shown;
    shown.row = &report_.rows[index];
    for (const Score& score : shown.row->scores) {
      if (score.beside) continue;
      if (all_ || !is_aside(score)) {
        shown.scores.push_back(&score);
      } else {
        ++out_.folded_figures;
        folded_names_.insert(score.metric);
      }
    }
    add_what_is_below(index, shown);
    out_.rows.push_back(std::move(shown));
  }

  /// Of the row itself where it is a task, else of the tasks below it.
  void add_what_is_below(std::size_t index, ShownRow& shown) const {
    const int depth = report_.rows[index].depth;
    for (std::size_t i = index; i < report_.rows.size(); ++i) {
      const ReportRow& row = report_.rows[i];
      if (i > index && row.depth <= depth) break;
      if (row.is_group) continue;
      shown.builtin_sample = shown.builtin_sample || samples_.contains(row.name);
    }
    shown.shots = row_shots(report_, index);
  }

  /// A note begins with the name of what it is of: "mmlu_law: …", "bpb_L-Prop = …", the second a
  /// definition, which is long and the same in each run.
  void add_note(const std::string& note) {
    const std::size_t colon = note.find(": "), equals = note.find(" = ");
    const bool definition = is_bits_per_byte(note) && equals < colon;
    if (!all_ && (definition || folded_names_.contains(note.substr(0, std::min(colon, equals))))) {
      ++out_.folded_notes;
    } else {
      out_.notes.push_back(terminal_safe(note));
    }
  }

  const Report& report_;
  bool all_;
  std::set<std::string> samples_, folded_names_;
  std::vector<const ReportRow*> parents_;  // of the row that is visited, the top one first
  ShownRows out_;
};

}  // namespace

ShownRows shown_rows(const Report& report, bool all) { return RowChooser(report, all).choose(); }

std::string folded_text(const ShownRows& shown) {
  std::vector<std::string> parts;
  for (const auto& [top, count] : shown.folded)
    parts.push_back(counted(static_cast<std::int64_t>(count), "task") + " below " + top);
  if (shown.folded_flagged > 0)
    parts.push_back(counted(shown.folded_flagged, "over-long item") + " among them");
  if (shown.folded_failed > 0)
    parts.push_back(counted(shown.folded_failed, "failed item") + " among them");
  if (shown.folded_figures > 0)
    parts.push_back(counted(static_cast<std::int64_t>(shown.folded_figures), "more figure"));
  if (shown.folded_notes > 0)
    parts.push_back(counted(static_cast<std::int64_t>(shown.folded_notes), "note"));
  return joined(parts, ", ");
}

std::string shown_name(const ReportRow& row) { return terminal_safe(row_name(row)); }

}  // namespace flm
