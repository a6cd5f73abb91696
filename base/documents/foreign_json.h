// JSON that other programs wrote and their users do not edit.
#pragma once

#include "base/documents/json.h"

namespace flm {

/// As parse_json, and an integer beyond 64 bits is read as the nearest double: transformers writes
/// 1000000000000000019884624838656 where it means "no limit". Whoever needs a whole number still
/// refuses it by name.
Json parse_foreign_json(std::string_view text, const std::string& origin);

/// Reads and parses a whole file; the path is the origin.
Json read_foreign_json_file(const std::string& path);

}  // namespace flm
