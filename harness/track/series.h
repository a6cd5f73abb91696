// What --series means: folders and globs, and the checkpoints that lie there now.
#pragma once

#include <string>
#include <vector>

#include "engine/checkpoint_state.h"

namespace flm {

/// One --series as typed: [NAME=]GLOB or [NAME=]FOLDER.
struct SeriesFlag {
  std::string name;   // "": the pattern's
  std::string place;  // a path, with * ? [ ] perhaps
};

/// `name` is --name: of the series where there is one alone. UserError for an empty one and for a
/// name that is given twice.
std::vector<SeriesFlag> series_flags(const std::vector<std::string>& typed,
                                     const std::string& name);

struct FoundSeries {
  std::string name;
  /// Absolute paths, by ascending step, then name; every one has a step unless it is refused for
  /// that. One that is ignored stands in the notes.
  std::vector<CheckpointState> checkpoints;
};

struct SeriesListing {
  std::vector<FoundSeries> series;
  std::vector<std::string> notes;  // what was passed over, and why
};

/// Looks at the disk. A folder is a trainer's root, a folder of checkpoints or a checkpoint; what a
/// glob matches are checkpoints. Where the folders of a glob's path vary (sweep/*/step_*), and
/// where it matches roots, each folder is a series of its own. UserErrors: nothing is there, two
/// series of one name. `weights` as EngineOptions has it.
SeriesListing list_series(const std::vector<SeriesFlag>& flags,
                          const std::string& weights = "auto");

}  // namespace flm
