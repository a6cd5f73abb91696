// Keys of config.json that every reader passes over.
#pragma once

#include <set>
#include <string>

namespace flm {

/// Keys that say nothing about the forward pass of inference.
const std::set<std::string>& harmless_keys();

}  // namespace flm
