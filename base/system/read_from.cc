#include "base/system/read_from.h"

#include <cerrno>

#include "base/system/system_error.h"

namespace flm {

std::size_t read_from(std::istream& bytes, char* into, std::size_t size, const std::string& path) {
  bytes.read(into, static_cast<std::streamsize>(size));
  require_whole(bytes, path);
  return static_cast<std::size_t>(bytes.gcount());
}

/// A file's buffer tells a fault by badbit, and leaves the system's errno.
void require_whole(const std::istream& bytes, const std::string& path) {
  if (bytes.bad()) throw system_error("read", path, errno != 0 ? errno : EIO);
}

}  // namespace flm
