// Names of kernels, which are functions of this program.
#pragma once

namespace flm::emulation {

/// The mangled name of the function that begins there, of the program's own symbol table; null:
/// none. It lasts as long as the process.
const char* function_name(const void* function);

}  // namespace flm::emulation
