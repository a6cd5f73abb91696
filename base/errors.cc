#include "base/errors.h"

namespace flm {

void throw_internal(const char* file, int line, const std::string& message) {
  throw InternalError(std::string(file) + ":" + std::to_string(line) + ": " + message);
}

}  // namespace flm
