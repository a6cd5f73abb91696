// Writing files of what is stored already.
#pragma once

#include <functional>
#include <string>

namespace flm {

/// Where `write` fails, on a full disk for one, its error, also the file system's, becomes a
/// UserError that ends with `advice`: how the files come to be elsewhere.
void write_or_tell(const std::function<void()>& write, const std::string& advice);

}  // namespace flm
