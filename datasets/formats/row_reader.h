// Rows out of the bytes of one file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace flm {

/// Rows, and the line where each begins (0: not known).
struct SourceRows {
  std::vector<int> lines;
  std::vector<Json> rows;
  void add(int line, Json row);
};

/// csv and tsv: objects of strings, one key a column; `header` names the columns of a file that has
/// no header line (empty: the first line does). json: a list of objects, or {"data": [...]} or
/// {"examples": [...]} around one. jsonl: one object a line. text: {"text": line}. c3: the passages
/// of C3, one row a question. wikitext: one {"page"} a document. Every fault is a UserError
/// "ORIGIN:line: ...".
SourceRows read_rows(std::string_view bytes, const std::string& format,
                     const std::vector<std::string>& header, const std::string& origin);

/// The format that a file name tells (a final .gz is passed over): csv, tsv, json, jsonl, text, or
/// "".
std::string format_of_name(std::string name);

}  // namespace flm
