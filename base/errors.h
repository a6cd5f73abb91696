// The kinds of error (docs/architecture.md, Errors). Libraries throw them; only harness/ prints and
// exits.
#pragma once

#include <stdexcept>
#include <string>

namespace flm {

/// Something the user can mend: a bad flag, file, task or checkpoint. Exit code 2.
/// The message is one clear line that ends with the value and the remedy.
class UserError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The work was not finished for a reason outside of it; what is stored stays, and it can be gone
/// on with. Exit code 3.
class IncompleteError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A defect of ours. The message carries file:line. Exit code 70.
class InternalError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void throw_internal(const char* file, int line, const std::string& message);

}  // namespace flm

/// Throws InternalError with file:line unless `condition` holds.
#define FLM_CHECK(condition, message) \
  ((condition) ? void() : ::flm::throw_internal(__FILE__, __LINE__, (message)))
