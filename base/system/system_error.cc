#include "base/system/system_error.h"

#include <cerrno>
#include <cstring>

namespace flm {
namespace {

/// An error's text ends at a NUL, and its cause would be lost.
std::string without_nul(std::string path) {
  for (std::size_t at = 0; (at = path.find('\0', at)) != std::string::npos;)
    path.replace(at, 1, "\\0");
  return path;
}

}  // namespace

std::string remedy_of(int error, const std::string& place) {
  const std::string another = "give another " + place;
  switch (error) {
    case EACCES:
    case EPERM:
      return "get the right to it or " + another;
    case ENOSPC:
    case EDQUOT:
      return "free some space there or " + another;
    case EFBIG:
      return "raise the limit on a file's size (ulimit -f) or " + another;
    case EMFILE:
    case ENFILE:
      return "raise the limit on open files (ulimit -n)";
    case EAGAIN:
      return "raise the limit on threads and processes (ulimit -u, a container's pids.max) or give "
             "fewer --threads";
    case ENOMEM:
      return "give a smaller --memory";
    case ENAMETOOLONG:
      return "give a shorter path";
    default:
      return another;
  }
}

UserError system_error(const std::string& what, const std::string& path, int error) {
  return UserError("cannot " + what + (path.empty() ? "" : " " + without_nul(path)) + ": " +
                   std::strerror(error) + "; " + remedy_of(error));
}

}  // namespace flm
