// Findings of check_contents, kept by the place of the files they were made from.
#pragma once

#include <optional>
#include <string>

#include "engine/checkpoint/weight_table.h"

namespace flm {

/// What was found of some files, and who they were then (ContentKey::identity).
struct LastCheck {
  std::string identity;
  WeightTable::ContentCheck check;
};

/// `place`: SHA-256 of the paths. Files are weights/PLACE.json below $XDG_CACHE_HOME/flmeval
/// (default ~/.cache/flmeval). Whatever goes wrong reads as "not there".
std::optional<LastCheck> last_check(const std::string& place);
void remember_check(const std::string& place, const LastCheck& last);

}  // namespace flm
