#include "harness/process/write_or_tell.h"

#include <filesystem>

#include "base/errors.h"

namespace flm {

void write_or_tell(const std::function<void()>& write, const std::string& advice) try {
  write();
} catch (const UserError& fault) {
  throw UserError(std::string(fault.what()) + "; " + advice);
} catch (const std::filesystem::filesystem_error& fault) {
  throw UserError(std::string(fault.what()) + "; " + advice);
}

}  // namespace flm
