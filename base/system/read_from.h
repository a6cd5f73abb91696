// Bytes of a stream, whose faults are not taken for its end.
#pragma once

#include <cstddef>
#include <istream>
#include <string>

namespace flm {

/// Up to `size` bytes from where the stream stands, and how many: fewer at its end alone. UserError
/// "cannot read PATH: reason" where the file fails before.
std::size_t read_from(std::istream& bytes, char* into, std::size_t size, const std::string& path);

/// The same UserError where what was read before, by getline for one, ended so.
void require_whole(const std::istream& bytes, const std::string& path);

}  // namespace flm
