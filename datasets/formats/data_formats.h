// The formats of data files: one row each in data_formats.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/documents/json.h"
#include "datasets/formats/column_type.h"
#include "datasets/formats/rows.h"

namespace flm {

struct DataFormat {
  std::string name;    // in manifests and as a task's dataset_path
  std::string ending;  // of file names; "": no name tells this format
  /// The rows as they are. `header` names the columns of a table without a header line.
  SourceRows (*rows)(std::string_view bytes, const std::vector<std::string>& header,
                     const std::string& origin);
  /// The rows of a file that a task names itself (dataset_path NAME, data_files), typed as the
  /// `datasets` library types them; null: no task may. `kwargs` is the task's dataset_kwargs.
  std::vector<Json> (*table)(std::string_view bytes, const Json& kwargs,
                             const std::string& origin) = nullptr;
  /// What that library does to the tables of a split together; null: nothing. `first`: the rows of
  /// another split, whose columns' types it has inferred for all.
  void (*unify)(std::vector<Json>& rows, const std::vector<Json>& first,
                const Json& kwargs) = nullptr;
  /// Of the columns, where the file itself says them: that library casts the tables of all splits
  /// to those of the first file. Null: it does not.
  std::vector<ColumnType> (*types)(std::string_view bytes, const std::string& origin) = nullptr;
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
