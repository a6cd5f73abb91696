#include "harness/process/exit_code.h"

#include <cstdio>
#include <exception>
#include <filesystem>
#include <new>
#include <string>

#include "base/errors.h"
#include "reports/figures/display_width.h"

namespace flm {
namespace {

int report_error(const std::string& message, ExitCode code) {
  std::fprintf(stderr, "flmeval: %s\n", terminal_safe(message).c_str());
  return code;
}

}  // namespace

int exit_code_of(const std::function<int()>& program) {
  try {
    return program();
  } catch (const UserError& error) {
    return report_error(error.what(), kUserError);
  } catch (const IncompleteError& error) {
    return report_error(error.what(), kInterrupted);
  } catch (const std::filesystem::filesystem_error& error) {
    return report_error("the file system says " + error.code().message() +
                            "; give another path or get the right to it: " + error.path1().string(),
                        kUserError);
  } catch (const std::bad_alloc&) {
    return report_error("out of memory; give a smaller --memory", kUserError);
  } catch (const std::exception& error) {
    return report_error(std::string("internal error: ") + error.what(), kInternalError);
  }
}

}  // namespace flm
