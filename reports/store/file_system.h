// What kind of file system a store lies on.
#pragma once

#include <cstdint>
#include <string>

namespace flm {

/// Whether a file system of that statfs type can be one that several hosts write: they share no
/// memory, so that SQLite's write-ahead log would be torn without an error. FUSE counts: what is
/// behind it is not known.
bool may_be_of_a_network(std::int64_t type);

/// statfs's type of the file, or of its folder where there is no such file yet; 0 where that fails.
std::int64_t file_system_type(const std::string& path);

}  // namespace flm
