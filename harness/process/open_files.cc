#include "harness/process/open_files.h"

#include <sys/resource.h>

namespace flm {

void raise_open_files_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);  // without it the lower limit holds, which is enough
}

}  // namespace flm
