#include "base/system/system_error.h"

#include <cerrno>
#include <cstring>

namespace flm {

std::string remedy_of(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
      return "get the right to it or give another path";
    case ENOSPC:
    case EDQUOT:
      return "free some space there or give another path";
    case EFBIG:
      return "raise the limit on a file's size (ulimit -f) or give another path";
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
      return "give another path";
  }
}

UserError system_error(const std::string& what, const std::string& path, int error) {
  return UserError("cannot " + what + (path.empty() ? "" : " " + path) + ": " +
                   std::strerror(error) + "; " + remedy_of(error));
}

}  // namespace flm
