#include "reports/views/csv.h"

#include "base/json.h"

namespace flm {
namespace {

/// RFC 4180: quoted where it must be, quotes doubled, lines end in CRLF.
std::string field(const std::string& text) {
  if (text.find_first_of("\",\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

std::string number(std::optional<double> value) { return value ? python_float_repr(*value) : ""; }

std::string line_of(const std::vector<std::string>& fields) {
  std::string out;
  for (std::size_t i = 0; i < fields.size(); ++i) out += (i ? "," : "") + field(fields[i]);
  return out + "\r\n";
}

}  // namespace

std::string render_csv(const Report& report) {
  std::string out = line_of({"run",
                             "name",
                             "alias",
                             "kind",
                             "depth",
                             "num_fewshot",
                             "filter",
                             "metric",
                             "higher_is_better",
                             "value",
                             "stderr",
                             "low",
                             "high",
                             "interval",
                             "n",
                             "flagged",
                             "failed",
                             "reason",
                             "cut",
                             "value_if_cut_wrong",
                             "value_of_ended"});
  for (const ReportRow& row : report.rows) {
    for (const Score& s : row.scores) {
      out += line_of({report.run.id,
                      row.name,
                      row.alias,
                      row.is_group ? "group" : "task",
                      std::to_string(row.depth),
                      row.is_group ? "" : std::to_string(row.num_fewshot),
                      s.filter,
                      s.metric,
                      s.higher_is_better ? "true" : "false",
                      number(s.value),
                      number(s.stderr_value),
                      number(s.low),
                      number(s.high),
                      s.interval,
                      std::to_string(s.n),
                      std::to_string(row.flagged),
                      std::to_string(row.failed),
                      s.reason,
                      number(s.cut),
                      number(s.if_cut_wrong),
                      number(s.of_ended)});
    }
  }
  return out;
}

}  // namespace flm
