// Files that a task names itself (dataset_path json, csv, text), typed as the `datasets` library
// types them, because prompts and document hashes depend on it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/documents/json.h"

namespace flm {

// The rows of one file. `kwargs` is the task's dataset_kwargs. UserError "ORIGIN:line: ..." for a
// file that is none of that.

/// `sep` or `delimiter` (one byte), `column_names` or `names` (the file then has no header). Cells
/// are typed by column as pandas does: NA words are null, then int, float, bool or text.
std::vector<Json> csv_table(std::string_view bytes, const Json& kwargs, const std::string& origin);
/// `sample_by` line, paragraph or document; `keep_linebreaks`. \r\n and \r end lines too.
std::vector<Json> text_table(std::string_view bytes, const Json& kwargs, const std::string& origin);
/// `field` names the key that holds the rows, as a list of them or as lists by column.
std::vector<Json> json_table(std::string_view bytes, const Json& kwargs, const std::string& origin);

// The tables of a split together. `first`: rows of the split that decides the types of columns;
// none where it is this one.

void unify_csv_types(std::vector<Json>& rows, const std::vector<Json>& first, const Json& kwargs);
/// json_types.h, then split_types.h.
void unify_json_types(std::vector<Json>& rows, const std::vector<Json>& first, const Json& kwargs);

}  // namespace flm
