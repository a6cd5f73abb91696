#include "reports/views/published_rows.h"

#include <cstdio>

#include "base/documents/yaml.h"
#include "base/errors.h"
#include "reports/figures/figures.h"

namespace flm {
namespace {

std::string text_of(const YamlNode& map, std::string_view key) {
  const YamlNode* node = map.find(key);
  return node && !node->is_null() ? node->text : std::string();
}

double number_of(const YamlNode& node, const std::string& where) {
  if (node.kind == YamlNode::Kind::kFloat) return node.real;
  if (node.kind == YamlNode::Kind::kInt) return static_cast<double>(node.integer);
  throw UserError(where + ":" + std::to_string(node.line) + ": must be a number: " + node.text);
}

const YamlNode& needed(const YamlNode& map, std::string_view key, const std::string& file) {
  const YamlNode* node = map.find(key);
  if (!node) throw UserError(file + ":" + std::to_string(map.line) + ": needs " + std::string(key));
  return *node;
}

PublishedColumn column_of(const YamlNode& node) {
  PublishedColumn column{text_of(node, "name"),
                         text_of(node, "task"),
                         text_of(node, "metric"),
                         text_of(node, "filter"),
                         {},
                         text_of(node, "reason")};
  if (const YamlNode* shots = node.find("shots")) column.shots = static_cast<int>(shots->integer);
  return column;
}

PublishedTable table_of(const YamlNode& node, const std::string& source, const std::string& file) {
  PublishedTable table{
      text_of(node, "title"), text_of(node, "unit"), text_of(node, "reason"), source, {}, {}};
  for (const YamlNode& column : needed(node, "columns", file).items)
    table.columns.push_back(column_of(column));
  for (const auto& [name, values] : needed(node, "rows", file).entries) {
    PublishedModel model{name.text, {}};
    for (const YamlNode& value : values.items) model.values.push_back(number_of(value, file));
    if (model.values.size() != table.columns.size())
      throw UserError(file + ":" + std::to_string(name.line) + ": " +
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
  const ReportRow* row = nullptr;
  const Score* score = nullptr;
};

/// A group inside another is named OUTER::INNER.
Found find_score(const Report& report, const PublishedColumn& column) {
  if (column.task.empty()) return {};
  for (const ReportRow& row : report.rows) {
    if (row.name != column.task && !row.name.ends_with("::" + column.task)) continue;
    for (const Score& score : row.scores)
      if (names_metric(column, score)) return {&row, &score};
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
                      const ReportRow& row) {
  std::string reason = table.reason;
  if (!column.reason.empty()) reason += "; " + column.reason;
  if (column.shots && !row.is_group && row.num_fewshot != *column.shots)
    reason += "; " + std::to_string(*column.shots) + " shots there, " +
              std::to_string(row.num_fewshot) + " here";
  return reason;
}

std::string render_one(const Report& report, const PublishedTable& table) {
  const bool percent = table.unit == "percent";
  std::string lines, notes;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const PublishedColumn& column = table.columns[c];
    const Found found = find_score(report, column);
    if (!found.score) continue;
    lines += "| " + column.name + " | " + own_value(*found.score, percent) + " |";
    for (const PublishedModel& model : table.rows)
      lines += " " + published_value(model.values[c], percent) + " |";
    lines += "\n";
    notes += "- " + column.name + ": not comparable: protocol (" +
             reason_of(table, column, *found.row) + ")\n";
  }
  if (lines.empty()) return "";
  std::string head = "| " + table.unit + " | this run |", rule = "| --- | ---: |";
  for (const PublishedModel& model : table.rows) {
    head += " " + model.name + " |";
    rule += " ---: |";
  }
  return "\n" + table.title + ", published figures: " + table.source + "\n\n" + head + "\n" + rule +
         "\n" + lines + "\n" + notes;
}

}  // namespace

std::vector<PublishedTable> read_published(const std::string& path) {
  const YamlNode root = read_yaml_file(path);
  const std::string source = needed(root, "source", path).text;
  std::vector<PublishedTable> tables;
  for (const YamlNode& table : needed(root, "tables", path).items)
    tables.push_back(table_of(table, source, path));
  return tables;
}

std::string render_published(const Report& report, const std::vector<PublishedTable>& tables) {
  std::string out;
  for (const PublishedTable& table : tables) out += render_one(report, table);
  if (out.empty() && !tables.empty())
    out = "\n" + tables[0].title + ": none of its published figures is of a task of this run\n";
  return out;
}

}  // namespace flm
