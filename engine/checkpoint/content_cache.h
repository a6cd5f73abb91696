// Findings of check_contents, kept by the identity of the files they were made from.
#pragma once

#include <optional>
#include <string>

#include "engine/checkpoint/weight_table.h"

namespace flm {

/// `key`: SHA-256 of what was checked. Files are weights/KEY.json below $XDG_CACHE_HOME/flmeval
/// (default ~/.cache/flmeval). Whatever goes wrong reads as "not there".
std::optional<WeightTable::ContentCheck> cached_contents(const std::string& key);
void cache_contents(const std::string& key, const WeightTable::ContentCheck& check);

}  // namespace flm
