#include "base/system/terminal_size.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace flm {

int columns_of_terminal(int file) {
  winsize size{};
  return ioctl(file, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

int terminal_columns(int file) {
  const int columns = columns_of_terminal(file);
  return columns > 0 ? columns : 80;
}

int terminal_columns() { return terminal_columns(STDOUT_FILENO); }

}  // namespace flm
