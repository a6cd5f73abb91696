#include "datasets/formats/text_rows.h"

#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/parallel_loop.h"
#include "base/text/byte_order_mark.h"
#include "datasets/formats/csv.h"

namespace flm {
namespace {

constexpr std::size_t kLinesAtOnce = 2048;  // that one thread parses

std::string at(const std::string& origin, int line) { return origin + ":" + std::to_string(line); }

SourceRows table_rows(const std::vector<CsvRecord>& records, std::vector<std::string> header,
                      const std::string& origin) {
  std::size_t first = 0;
  if (header.empty()) {
    if (records.empty()) throw UserError(origin + ": an empty table; it needs a header line");
    header = records[0].cells;
    first = 1;
  }
  SourceRows rows;
  for (std::size_t i = first; i < records.size(); ++i) {
    const CsvRecord& record = records[i];
    if (record.cells.size() != header.size()) {
      throw UserError(at(origin, record.line) + ": " + std::to_string(record.cells.size()) +
                      " cells where the table has " + std::to_string(header.size()) + " columns");
    }
    Json row = Json::object();
    for (std::size_t c = 0; c < header.size(); ++c) row[header[c]] = record.cells[c];
    rows.add(record.line, std::move(row));
  }
  return rows;
}

template <class Visit>
void for_each_line(std::string_view text, Visit visit) {
  for (int line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    visit(line, text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

Json json_row(std::string_view text, const std::string& where) {
  Json row = parse_json(text, where);
  if (!row.is_object()) throw UserError(where + ": a row must be a JSON object");
  return row;
}

SourceRows whole_json_rows(std::string_view bytes, const std::string& origin) {
  Json all = parse_json(bytes, origin);
  for (const char* key : {"data", "examples"})
    if (all.is_object() && all.contains(key)) {
      Json inner = std::move(all[key]);
      all = std::move(inner);
    }
  if (!all.is_array()) throw UserError(origin + ": not a list of rows; write [{...}, ...]");
  SourceRows rows;
  for (Json& row : all) {
    if (!row.is_object())
      throw UserError(origin + ": row " + std::to_string(rows.rows.size()) +
                      " is not a JSON object");
    rows.add(0, std::move(row));
  }
  return rows;
}

/// Data sets say "json" of JSON lines too. A list, an object that goes on after its first line, or
/// one line with all rows inside is JSON.
bool is_whole_json(std::string_view bytes) {
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || bytes[first] == '[') return true;
  const std::string_view line = bytes.substr(first, bytes.find('\n', first) - first);
  Json only;
  try {
    only = parse_json(line, "first line");
  } catch (const UserError&) {
    return true;
  }
  if (bytes.find_first_not_of(" \t\r\n", first + line.size()) != std::string_view::npos)
    return false;
  const auto holds_rows = [&](const char* key) {
    return only.is_object() && only.contains(key) && only[key].is_array();
  };
  return holds_rows("data") || holds_rows("examples");
}

}  // namespace

SourceRows csv_rows(std::string_view bytes, const std::vector<std::string>& header,
                    const std::string& origin) {
  return table_rows(parse_csv(bytes, ',', origin), header, origin);
}

SourceRows tsv_rows(std::string_view bytes, const std::vector<std::string>& header,
                    const std::string& origin) {
  return table_rows(parse_tsv(bytes, origin), header, origin);
}

SourceRows json_rows(std::string_view bytes, const std::string& origin) {
  bytes = without_byte_order_mark(bytes);
  return is_whole_json(bytes) ? whole_json_rows(bytes, origin) : jsonl_rows(bytes, origin);
}

SourceRows jsonl_rows(std::string_view bytes, const std::string& origin) {
  SourceRows rows;
  std::vector<std::string_view> texts;
  for_each_line(without_byte_order_mark(bytes), [&](int line, std::string_view text) {
    if (text.find_first_not_of(" \t\r") == std::string_view::npos) return;
    rows.lines.push_back(line);
    texts.push_back(text);
  });
  rows.rows.resize(texts.size());
  const std::size_t chunks = (texts.size() + kLinesAtOnce - 1) / kLinesAtOnce;
  std::vector<std::exception_ptr> faults(chunks);
  parallel_loop(static_cast<std::int64_t>(chunks), [&](std::int64_t chunk) {
    const std::size_t first = static_cast<std::size_t>(chunk) * kLinesAtOnce;
    const std::size_t last = std::min(first + kLinesAtOnce, texts.size());
    try {
      for (std::size_t i = first; i < last; ++i)
        rows.rows[i] = json_row(texts[i], at(origin, rows.lines[i]));
    } catch (const UserError&) {
      faults[static_cast<std::size_t>(chunk)] = std::current_exception();
    }
  });
  for (const std::exception_ptr& fault : faults)  // the first of the file, whoever met it first
    if (fault) std::rethrow_exception(fault);
  return rows;
}

SourceRows line_rows(std::string_view bytes) {
  SourceRows rows;
  for_each_line(bytes, [&](int line, std::string_view text) {
    Json row = Json::object();
    row["text"] = std::string(text);
    rows.add(line, std::move(row));
  });
  return rows;
}

}  // namespace flm
