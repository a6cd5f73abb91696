// Rows out of text: tables, JSON and lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "datasets/formats/rows.h"

namespace flm {

// Every fault is a UserError "ORIGIN:line: ...".

/// Objects of strings, one key a column; `header` names the columns of a file that has no header
/// line (empty: the first line does).
SourceRows csv_rows(std::string_view bytes, const std::vector<std::string>& header,
                    const std::string& origin);
SourceRows tsv_rows(std::string_view bytes, const std::vector<std::string>& header,
                    const std::string& origin);
/// A list of objects, {"data": [...]} or {"examples": [...]} around one, or JSON lines.
SourceRows json_rows(std::string_view bytes, const std::string& origin);
/// One object a line; empty lines are passed over.
SourceRows jsonl_rows(std::string_view bytes, const std::string& origin);
/// {"text": line}.
SourceRows line_rows(std::string_view bytes);

}  // namespace flm
