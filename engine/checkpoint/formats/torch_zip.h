// Where the members of a zip of stored files lie: PyTorch's .bin since 1.6.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "engine/checkpoint/mapped_file.h"

namespace flm {

/// Members by their name without the leading folder ("data.pkl", "data/0", "byteorder"), as views
/// of the file. UserErrors: not a complete zip, an old torch format, a compressed or encrypted
/// member, a name that stands twice.
std::map<std::string, std::string_view> stored_members(const MappedFile& file);

}  // namespace flm
