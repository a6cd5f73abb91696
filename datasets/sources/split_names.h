// Which split a data file belongs to, by its name: the rules of the `datasets` library.
#pragma once

#include <string>
#include <vector>

namespace flm {

struct SplitFiles {
  std::string split;
  std::vector<std::string> files;
};

/// The splits of a folder in that library's order; `files` are relative and sorted. The first rule
/// that any file fits is taken: data/SPLIT-00000-of-00001.*; a folder named as a split; a file
/// named as a split (train, training; validation, valid, dev, val; test, testing, eval,
/// evaluation), between signs and digits; else all files are train. The files of a split come in
/// the order of those words, names that begin with the word first; one that two words fit comes
/// twice, as there.
std::vector<SplitFiles> splits_by_name(const std::vector<std::string>& files);

/// Null where there is no such split.
const SplitFiles* find_split(const std::vector<SplitFiles>& splits, const std::string& name);

}  // namespace flm
