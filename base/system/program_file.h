// Where this program lies.
#pragma once

#include <string>

namespace flm {

/// The path of this program's own file, also where a loader was started with the program as its
/// argument (/proc/self/exe is the loader then). Empty: /proc is not there.
std::string program_file();

}  // namespace flm
