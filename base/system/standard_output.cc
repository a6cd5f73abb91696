#include "base/system/standard_output.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "base/errors.h"

namespace flm {

void flush_stdout() {
  const bool failed_before = std::ferror(stdout) != 0;
  if (std::fflush(stdout) != 0 || failed_before)
    throw UserError(std::string("cannot write to stdout: ") +
                    (failed_before ? "an earlier write failed" : std::strerror(errno)) +
                    "; send it to another place");
}

}  // namespace flm
