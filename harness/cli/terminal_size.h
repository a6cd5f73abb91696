// The width of a terminal.
#pragma once

namespace flm {

/// Columns of stdout's terminal; 80 where there is none.
int terminal_columns();

/// The same of another file descriptor.
int terminal_columns(int file);

}  // namespace flm
