// The width to print tables in.
#pragma once

namespace flm {

/// Columns of the terminal on stdout; 80 where it is none.
int terminal_columns();

}  // namespace flm
