#include "harness/cli/exit_code.h"

#include <cstdio>
#include <exception>
#include <new>
#include <string>

#include "base/errors.h"

namespace flm {
namespace {

int report_error(const std::string& message, ExitCode code) {
  std::fprintf(stderr, "flmeval: %s\n", message.c_str());
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
  } catch (const std::bad_alloc&) {
    return report_error("out of memory; give a smaller --memory", kUserError);
  } catch (const std::exception& error) {
    return report_error(std::string("internal error: ") + error.what(), kInternalError);
  }
}

}  // namespace flm
