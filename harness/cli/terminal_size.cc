#include "harness/cli/terminal_size.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace flm {

int terminal_columns() { return terminal_columns(STDOUT_FILENO); }

int terminal_columns(int file) {
  winsize size{};
  if (ioctl(file, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

}  // namespace flm
