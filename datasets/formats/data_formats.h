// The formats of data files: one row each in data_formats.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/documents/json.h"
#include "datasets/formats/decided_types.h"
#include "datasets/formats/rows.h"

namespace flm {

struct DataFormat {
  std::string name;    // in manifests and as a task's dataset_path
  std::string ending;  // of file names; "": no name tells this format
  /// The rows as they are. `header` names the columns of a table without a header line.
  SourceRows (*rows)(std::string_view bytes, const std::vector<std::string>& header,
                     const std::string& origin);
  /// The rows of a file that a task names itself (dataset_path NAME, data_files), typed as the
  /// `datasets` library types them; null: no task may. `kwargs` is the task's dataset_kwargs;
  /// `decided` the types of the set so far, null where those of the file count alone.
  std::vector<Json> (*table)(std::string_view bytes, const Json& kwargs, const std::string& origin,
                             DecidedTypes* decided) = nullptr;
  /// What the file decides where it is the first one of a set. Null: its rows have one type.
  DecidedTypes (*decides)(std::string_view bytes, const Json& kwargs,
                          const std::string& origin) = nullptr;
  bool says_types = false;  // the file itself says the types of its columns
};

/// Null for an unknown name.
const DataFormat* find_data_format(const std::string& name);

/// UserError where there is nothing but white space.
void refuse_empty(std::string_view bytes, const std::string& origin);

/// The rows of one file. UserError for an unknown format, and "ORIGIN:line: ..." for a fault in the
/// file.
SourceRows read_rows(std::string_view bytes, const std::string& format,
                     const std::vector<std::string>& header, const std::string& origin);

/// The format that a file name tells (the ending of a packed file is passed over), or "".
std::string format_of_name(std::string name);

}  // namespace flm
