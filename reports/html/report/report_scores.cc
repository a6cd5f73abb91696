#include "reports/html/report/report_scores.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "base/text/joined.h"
#include "reports/figures/figures.h"
#include "reports/figures/row_text.h"
#include "reports/figures/shares.h"
#include "reports/html/elements.h"
#include "reports/html/escape.h"
#include "reports/html/svg.h"

namespace flm {
namespace {

constexpr std::size_t kOverviewLines = 30;  // more are folded away with their groups

/// One for each metric, so that its bars can be compared; shares go from 0 to 1.
class Scales {
 public:
  explicit Scales(const Report& report) {
    for (const ReportRow& row : report.rows)
      for (const Score& score : row.scores) add(score);
  }

  Scale of(const Score& score) const {
    const auto& [low, high] = ranges_.at(kind_of(score));
    return is_known(score) ? Scale{} : scale_over(low, high);
  }

  /// Of a share, whose bar goes from 0 to 1 as everybody expects.
  bool is_known(const Score& score) const {
    const auto& [low, high] = ranges_.at(kind_of(score));
    return low >= 0 && high <= 1 && score.higher_is_better;
  }

  /// Bits per byte of any protocol, mean or mixture are one measure.
  static std::string kind_of(const Score& score) {
    return score.metric.starts_with("bpb") ? "bpb" : score.metric;
  }

 private:
  void add(const Score& score) {
    auto& [low, high] = ranges_[kind_of(score)];
    for (std::optional<double> value : {score.value, score.low, score.high}) {
      if (!value || !std::isfinite(*value)) continue;
      low = std::min(low, *value);
      high = std::max(high, *value);
    }
  }

  std::map<std::string, std::pair<double, double>> ranges_;
};

bool has_chance(const Score& score) {
  return score.metric == "acc" || score.metric == "acc_norm" || score.metric == "acc_bytes";
}

std::string sentence_of(const ReportRow& row, const Score& score, std::optional<double> chance) {
  std::string out = row_name(row) + ", " + score.metric + ": " + value_text(score);
  if (score.low && score.high) out += ", 95% interval " + interval_text(score);
  if (chance) out += ", chance " + fixed(*chance, 2);
  return out;
}

class ScoreTable {
 public:
  ScoreTable(const Report& report, bool linked)
      : report_(report), linked_(linked), scales_(report) {
    for (const ReportRow& row : report.rows) {
      for (const Score& score : row.scores) {
        filters_ = filters_ || score.filter != "none";
        remarks_ = remarks_ || !remark_text(score).empty();
      }
    }
  }

  std::string rows(const std::vector<const ReportRow*>& rows) const {
    const int outermost = rows.front()->depth;
    std::string out;
    for (const ReportRow* row : rows) out += lines_of(*row, row->depth - outermost);
    out += axes(rows);
    return card_table(columns(), element("tbody", "\n" + out));
  }

 private:
  Columns columns() const {
    Columns out = {{"task"}, {"metric"}, {"shots", true}, {"value", true}, {"95% interval", true},
                   {""},     {"n", true}};
    if (remarks_) out.push_back({"remark"});
    return out;
  }

  /// A line with the axis of each measure whose bars have no range that everybody knows; where
  /// there is one, the bars of shares need theirs, too.
  std::string axes(const std::vector<const ReportRow*>& rows) const {
    std::string out;
    std::set<std::string> drawn, known;
    for (const ReportRow* row : rows)
      for (const Score& score : row->scores) {
        if (score.beside || !score.value) continue;
        const std::string kind = Scales::kind_of(score);
        if (scales_.is_known(score)) {
          known.insert(kind);
        } else if (drawn.insert(kind).second) {
          out += axis_line(kind, scales_.of(score));
        }
      }
    const std::vector<std::string> shares(known.begin(), known.end());
    return out.empty() || shares.empty() ? out : axis_line(joined(shares, ", "), Scale{}) + out;
  }

  std::string axis_line(const std::string& measure, const Scale& scale) const {
    return element("tr",
                   "<td></td>" + element("td", html_escaped(measure)) + "<td colspan=\"3\"></td>" +
                       element("td", axis_svg(scale)) +
                       (remarks_ ? "<td colspan=\"2\"></td>" : "<td></td>"),
                   "scale") +
           "\n";
  }

  std::string lines_of(const ReportRow& row, int depth) const {
    std::string out;
    bool first = true;
    for (const Score& score : row.scores) {
      if (score.beside) continue;
      out += line_of(row, depth, score, first);
      first = false;
    }
    if (first) out += element("tr", name_of_row(row, depth) + "<td colspan=\"7\"></td>") + "\n";
    return out;
  }

  std::string name_of_row(const ReportRow& row, int depth) const {
    const std::string name =
        row.is_group ? breakable(row_name(row)) : sample_link(row.name, row_name(row), linked_);
    return name_cell(name, depth);
  }

  std::string line_of(const ReportRow& row, int depth, const Score& score, bool first) const {
    const std::string filter = filters_ && score.filter != "none" ? " · " + score.filter : "";
    const std::string direction = score.higher_is_better ? "" : " ↓";
    const auto index = static_cast<std::size_t>(&row - report_.rows.data());
    std::vector<std::string> cells = {
        first ? name_of_row(row, depth) : name_cell("", depth),
        element("td", html_escaped(score.metric + direction + filter)),
        number_cell(first ? row_shots(report_, index) : ""),
        number_cell(value_text(score)),
        number_cell(interval_text(score)),
        element("td", bar(row, score)),
        number_cell(std::to_string(score.n))};
    if (remarks_) cells.push_back(element("td", html_escaped(remark_text(score)), "remark"));
    return card_row(columns(), cells, row.is_group ? "group" : "");
  }

  std::string bar(const ReportRow& row, const Score& score) const {
    if (!score.value) return "";
    std::optional<double> chance;
    if (has_chance(score)) chance = row.choices.chance;
    return interval_svg(scales_.of(score), {score.value, score.low, score.high, chance, Mark::kDot,
                                            sentence_of(row, score, chance)});
  }

  const Report& report_;
  const bool linked_;
  const Scales scales_;
  bool filters_ = false, remarks_ = false;
};

std::size_t lines_to(const Report& report, int depth) {
  std::size_t lines = 0;
  for (const ReportRow& row : report.rows)
    if (row.depth <= depth)
      lines += static_cast<std::size_t>(std::count_if(row.scores.begin(), row.scores.end(),
                                                      [](const Score& s) { return !s.beside; }));
  return lines;
}

/// Rows below rows[i], deepest first excluded: all until one of its depth or above.
std::vector<const ReportRow*> below(const Report& report, std::size_t i) {
  std::vector<const ReportRow*> out;
  for (std::size_t j = i + 1; j < report.rows.size(); ++j) {
    if (report.rows[j].depth <= report.rows[i].depth) break;
    out.push_back(&report.rows[j]);
  }
  return out;
}

bool is_bits(const Score& score) {
  return score.metric == "bpb" || score.metric.starts_with("bpb@");
}

const Score* bits_of(const ReportRow& row) {
  for (const Score& score : row.scores)
    if (is_bits(score) && score.value) return &score;
  return nullptr;
}

std::string tile_tone(double share) {
  return "t" + std::to_string(std::clamp(static_cast<int>(share * 6), 0, 5));
}

/// How dark is how much.
std::string tile_key() {
  std::string out;
  for (int i = 0; i < 6; ++i)
    out += element("li", fixed(i / 6.0, 2) + (i == 5 ? " to 1" : " to " + fixed((i + 1) / 6.0, 2)),
                   "t" + std::to_string(i));
  return element("ul", out + element("li", "no final score", "none"), "tiles key") + "\n";
}

}  // namespace

const Score* main_score(const ReportRow& row) {
  for (const Score& score : row.scores)
    if (!score.beside) return &score;
  return nullptr;
}

std::vector<const ReportRow*> headline_rows(const Report& report) {
  const auto of_depth = [&](int depth) {
    std::vector<const ReportRow*> out;
    for (const ReportRow& row : report.rows)
      if (row.depth == depth) out.push_back(&row);
    return out;
  };
  const std::vector<const ReportRow*> outermost = of_depth(0);
  if (outermost.size() != 1 || !outermost[0]->is_group) return outermost;
  const Score* own = main_score(*outermost[0]);
  const bool is_benchmark = own && own->value && is_share(*own);  // MMLU itself, not a suite
  const std::vector<const ReportRow*> inner = of_depth(1);
  return is_benchmark || inner.empty() ? outermost : inner;
}

std::string score_tables(const Report& report, bool linked) {
  if (report.rows.empty()) return "";
  int deepest = 0, most = 0;
  for (const ReportRow& row : report.rows) most = std::max(most, row.depth);
  while (deepest < most && lines_to(report, deepest + 1) <= kOverviewLines) ++deepest;
  const ScoreTable table(report, linked);
  std::vector<const ReportRow*> outer;
  std::string folded;
  for (std::size_t i = 0; i < report.rows.size(); ++i) {
    const ReportRow& row = report.rows[i];
    if (row.depth <= deepest) outer.push_back(&row);
    const std::vector<const ReportRow*> inner = below(report, i);
    if (row.depth != deepest || inner.empty()) continue;
    const auto tasks =
        std::count_if(inner.begin(), inner.end(), [](const ReportRow* r) { return !r->is_group; });
    folded += element("details", element("summary", html_escaped(row_name(row)) + ": " +
                                                        std::to_string(tasks) + " tasks") +
                                     table.rows(inner)) +
              "\n";
  }
  return table.rows(outer) + folded;
}

std::string domain_chart(const Report& report, bool linked) {
  double high = 0;
  for (const ReportRow& row : report.rows)
    if (const Score* score = bits_of(row))
      high = std::max({high, *score->value, score->high.value_or(0)});
  if (high <= 0) return "";
  const Scale scale = scale_over(0, high);
  const Columns columns = {{"domain"}, {""}, {"bits per byte", true}, {"95% interval", true}};
  std::string lines;
  std::size_t domains = 0;
  for (const ReportRow& row : report.rows) {
    const Score* score = bits_of(row);
    if (!score || row.is_group) continue;
    ++domains;
    const DrawnInterval bar = {score->value, score->low, score->high,
                               {},           Mark::kDot, sentence_of(row, *score, {})};
    lines +=
        card_row(columns, {name_cell(sample_link(row.name, row_name(row), linked), 0),
                           element("td", interval_svg(scale, bar)), number_cell(value_text(*score)),
                           number_cell(interval_text(*score))});
  }
  if (domains < 2) return "";
  const std::string foot = element(
      "tfoot", element("tr", "<td></td>" + element("td", axis_svg(scale)) + "<td></td><td></td>"));
  return element("p",
                 "Lower is better. Macro and micro means and mixtures stand with the group above.",
                 "hint") +
         "\n" + card_table(columns, element("tbody", "\n" + lines) + foot, "narrow");
}

std::string subject_tiles(const Report& report, bool linked) {
  constexpr std::ptrdiff_t kManyTasks = 8;
  std::string out;
  for (std::size_t i = 0; i < report.rows.size(); ++i) {
    const ReportRow& group = report.rows[i];
    if (!group.is_group) continue;
    std::string tiles;
    std::ptrdiff_t tasks = 0;
    for (const ReportRow* row : below(report, i)) {
      const Score* score = main_score(*row);
      if (row->is_group || row->depth != group.depth + 1 || !score || !is_share(*score)) continue;
      ++tasks;
      tiles +=
          element("li",
                  element("b", value_text(*score)) + sample_link(row->name, row_name(*row), linked),
                  score->value ? tile_tone(*score->value) : "none") +
          "\n";
    }
    if (tasks < kManyTasks) continue;
    out +=
        element("h3", html_escaped(row_name(group))) + element("ul", "\n" + tiles, "tiles") + "\n";
  }
  return out.empty() ? "" : out + tile_key();
}

}  // namespace flm
