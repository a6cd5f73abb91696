// The width of a terminal.
#pragma once

namespace flm {

/// Columns of the terminal that a file descriptor is; 0: it is none.
int columns_of_terminal(int file);

/// The same with 80 where there is none.
int terminal_columns(int file);

/// Of stdout.
int terminal_columns();

}  // namespace flm
