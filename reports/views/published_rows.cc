#include "reports/views/published_rows.h"

#include <cstdio>
#include <limits>

#include "base/documents/yaml.h"
#include "base/documents/yaml_keys.h"
#include "reports/figures/figures.h"
#include "reports/figures/markdown_text.h"
#include "reports/figures/row_text.h"

namespace flm {
namespace {

double number_of(const YamlNode& node, const std::string& where) {
  if (node.kind == YamlNode::Kind::kFloat) return node.real;
  if (node.kind == YamlNode::Kind::kInt) return static_cast<double>(node.integer);
  refuse_node(where, node, "must be a number: " + node.text);
}

const YamlNode& needed(const YamlNode& map, std::string_view key, const std::string& file) {
  const YamlNode* node = map.find(key);
  if (!node) refuse_node(file, map, "needs " + std::string(key));
  return *node;
}

[[noreturn]] void refuse(const YamlNode& node, const std::string& file, const std::string& must) {
  refuse_node(file, node, must + (node.text.empty() ? "" : ": " + node.text));
}

const YamlNode& needed_list(const YamlNode& map, std::string_view key, const std::string& file) {
  const YamlNode& node = needed(map, key, file);
  if (node.kind != YamlNode::Kind::kList) refuse(node, file, std::string(key) + " must be a list");
  return node;
}

int shots_of(const YamlNode& node, const std::string& file) {
  constexpr long long kMost = std::numeric_limits<int>::max();
  if (node.kind != YamlNode::Kind::kInt || node.integer < 0 || node.integer > kMost)
    refuse(node, file, "shots must be a whole number from 0");
  return static_cast<int>(node.integer);
}

PublishedColumn column_of(const YamlNode& node, const std::string& file) {
  if (node.kind != YamlNode::Kind::kMap) refuse(node, file, "a column must be a mapping");
  PublishedColumn column{text_under(node, "name"),
                         text_under(node, "task"),
                         text_under(node, "metric"),
                         text_under(node, "filter"),
                         {},
                         text_under(node, "reason")};
  const YamlNode* shots = node.find("shots");
  if (shots && !shots->is_null()) column.shots = shots_of(*shots, file);
  return column;
}

PublishedTable table_of(const YamlNode& node, const std::string& source, const std::string& file) {
  PublishedTable table{text_under(node, "title"),
                       text_under(node, "unit"),
                       text_under(node, "reason"),
                       source,
                       {},
                       {}};
  for (const YamlNode& column : needed_list(node, "columns", file).items)
    table.columns.push_back(column_of(column, file));
  const YamlNode& rows = needed(node, "rows", file);
  if (rows.kind != YamlNode::Kind::kMap) refuse(rows, file, "rows must be a mapping");
  for (const auto& [name, values] : rows.entries) {
    PublishedModel model{name.text, {}};
    for (const YamlNode& value : values.items) model.values.push_back(number_of(value, file));
    if (model.values.size() != table.columns.size())
      refuse_node(file, name,
                  std::to_string(model.values.size()) + " values for " +
                      std::to_string(table.columns.size()) + " columns: " + name.text);
    table.rows.push_back(std::move(model));
  }
  return table;
}

/// "bpb" stands for the metric with its protocol, bpb@ctx...
bool names_metric(const PublishedColumn& column, const Score& score) {
  const bool metric =
      score.metric == column.metric || score.metric.rfind(column.metric + "@", 0) == 0;
  return metric && (column.filter.empty() || score.filter == column.filter);
}

struct Found {
  std::size_t row = 0;
  const Score* score = nullptr;
};

/// A group inside another is named OUTER::INNER.
Found find_score(const Report& report, const PublishedColumn& column) {
  if (column.task.empty()) return {};
  for (std::size_t r = 0; r < report.rows.size(); ++r) {
    const ReportRow& row = report.rows[r];
    if (row.name != column.task && !row.name.ends_with("::" + column.task)) continue;
    for (const Score& score : row.scores)
      if (names_metric(column, score)) return {r, &score};
  }
  return {};
}

std::string own_value(Score score, bool percent) {
  const double scale = percent ? 100 : 1;
  for (std::optional<double>* part : {&score.value, &score.stderr_value, &score.low, &score.high})
    if (*part) **part *= scale;
  const std::string value = value_text(score);
  return score.stderr_value ? value + " ± " + error_text(score) : value;
}

std::string published_value(double value, bool percent) {
  char text[32];
  std::snprintf(text, sizeof text, percent ? "%.2f" : "%.3f", value);
  return text;
}

std::string reason_of(const PublishedTable& table, const PublishedColumn& column,
                      const std::string& shots) {
  std::string reason = table.reason;
  if (!column.reason.empty()) reason += "; " + column.reason;
  if (column.shots && !shots.empty() && shots != std::to_string(*column.shots))
    reason += "; " + std::to_string(*column.shots) + " shots there, " + shots + " here";
  return reason;
}

std::string head_of(const PublishedTable& table) {
  std::vector<std::string> names = {table.unit, "this run"};
  for (const PublishedModel& model : table.rows) names.push_back(model.name);
  std::vector<bool> numeric(names.size(), true);
  numeric[0] = false;
  return markdown_head(names, numeric);
}

std::string render_one(const Report& report, const PublishedTable& table) {
  const bool percent = table.unit == "percent";
  std::string lines, notes;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const PublishedColumn& column = table.columns[c];
    const Found found = find_score(report, column);
    if (!found.score) continue;
    std::vector<std::string> cells = {column.name, own_value(*found.score, percent)};
    for (const PublishedModel& model : table.rows)
      cells.push_back(published_value(model.values[c], percent));
    lines += markdown_row(cells, 0);
    notes += "- " +
             markdown_text(column.name + ": not comparable: protocol (" +
                           reason_of(table, column, row_shots(report, found.row)) + ")") +
             "\n";
  }
  if (lines.empty()) return "";
  return "\n" + markdown_text(table.title + ", published figures: " + table.source) + "\n\n" +
         head_of(table) + lines + "\n" + notes;
}

}  // namespace

std::vector<PublishedTable> read_published(const std::string& path) {
  const YamlNode root = read_yaml_file(path);
  const std::string source = needed(root, "source", path).text;
  std::vector<PublishedTable> tables;
  for (const YamlNode& table : needed_list(root, "tables", path).items)
    tables.push_back(table_of(table, source, path));
  return tables;
}

std::string render_published(const Report& report, const std::vector<PublishedTable>& tables) {
  std::string out;
  for (const PublishedTable& table : tables) out += render_one(report, table);
  if (out.empty() && !tables.empty())
    out = "\n" + markdown_text(tables[0].title) +
          ": none of its published figures is of a task of this run\n";
  return out;
}

}  // namespace flm
