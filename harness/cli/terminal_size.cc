#include "harness/cli/terminal_size.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace flm {

int terminal_columns() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

}  // namespace flm
