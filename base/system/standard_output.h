// The end of what a program prints.
#pragma once

namespace flm {

/// Writes out what stdout's buffer holds; UserError where that fails: a full disk shows here.
void flush_stdout();

}  // namespace flm
