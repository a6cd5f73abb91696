#include "harness/process/exit_code.h"

#include <cerrno>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <new>
#include <string>
#include <string_view>
#include <system_error>

#include "base/errors.h"
#include "base/system/system_error.h"
#include "reports/figures/display_width.h"

namespace flm {
namespace {

int report_error(const std::string& message, ExitCode code) {
  std::fprintf(stderr, "flmeval: %s\n", terminal_safe(message).c_str());
  return code;
}

int report_internal(const std::exception& error) {
  return report_error(std::string("internal error: ") + error.what(), kInternalError);
}

/// An errno: threads that cannot be made, for one.
bool of_the_system(const std::error_code& code) {
  return code.category() == std::generic_category() || code.category() == std::system_category();
}

int report_of_the_system(const std::error_code& code) {
  return report_error("the system says " + code.message() + "; " + remedy_of(code.value()),
                      kUserError);
}

/// oneTBB's error for a thread that the system refuses is known by its text alone;
/// std::thread has a std::system_error for it.
bool is_refused_thread(const std::exception& error) {
  return std::string_view(error.what()).starts_with("pthread_create has failed");
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
    const std::string path = error.path1().string();
    return report_error("the file system says " + error.code().message() + "; " +
                            remedy_of(error.code().value()) + ": " +
                            (path.empty() ? error.what() : path),
                        kUserError);
  } catch (const std::system_error& error) {
    if (!of_the_system(error.code())) return report_internal(error);
    return report_of_the_system(error.code());
  } catch (const std::bad_alloc&) {
    return report_error("out of memory; give a smaller --memory", kUserError);
  } catch (const std::exception& error) {
    if (is_refused_thread(error)) return report_of_the_system({EAGAIN, std::generic_category()});
    return report_internal(error);
  }
}

}  // namespace flm
