// The data files of a data set's repository: which belong to a configuration's split.
#pragma once

#include <string>
#include <vector>

#include "datasets/sources/split_names.h"

namespace flm {

/// The splits and their files, sorted: as README.md's `configs:` says, else as the names tell
/// (test-00000-of-00001.parquet, NAME/validation.jsonl, data/train.csv).
std::vector<SplitFiles> snapshot_splits(const std::string& folder, const std::string& name);

struct SnapshotFile {
  std::string bytes;   // decompressed
  std::string format;  // read_rows
};
SnapshotFile read_snapshot_file(const std::string& path);

/// Holds one of the signs of a pattern.
bool has_pattern(const std::string& text);

/// Does a path match a pattern of data_files: *, ? and [ab] within a folder, ** across folders.
bool matches_pattern(const std::string& pattern, const std::string& path);

}  // namespace flm
