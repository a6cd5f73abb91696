// Files that a task names itself (dataset_path json, csv, text), typed as the `datasets` library
// types them, because prompts and document hashes depend on it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/documents/json.h"
#include "datasets/formats/decided_types.h"

namespace flm {

// The rows of one file. `kwargs` is the task's dataset_kwargs. The library reads a large file in
// parts and types each part for itself: a part is a table that `decided` takes; null: the rows keep
// the types of their part. UserError "ORIGIN:line: ..." for a file that is none of that.

/// `sep` or `delimiter` (one byte), `column_names` or `names` (the file then has no header). Cells
/// are typed by column as pandas does: NA words are null, then int, float, bool or text. Parts are
/// of 10,000 rows.
std::vector<Json> csv_table(std::string_view bytes, const Json& kwargs, const std::string& origin,
                            DecidedTypes* decided);
/// `sample_by` line, paragraph or document; `keep_linebreaks`. \r\n and \r end lines too.
std::vector<Json> text_table(std::string_view bytes, const Json& kwargs, const std::string& origin,
                             DecidedTypes*);
/// Objects one after the other, in parts of 10 MiB, or one list. `field` names the key that holds
/// the rows, as a list of them or as lists by column.
std::vector<Json> json_table(std::string_view bytes, const Json& kwargs, const std::string& origin,
                             DecidedTypes* decided);

// What a file's first part decides.

DecidedTypes csv_types(std::string_view bytes, const Json& kwargs, const std::string& origin);
DecidedTypes json_types(std::string_view bytes, const Json& kwargs, const std::string& origin);

}  // namespace flm
