// What a user sees whom permissions stop, in tests that root runs too.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <string>

#include "base/errors.h"

namespace flm {

/// What `look` returns, at most 4 KiB, in a process of the user nobody where this one is root's; of
/// a UserError "error: " and its text.
inline std::string as_nobody(const std::function<std::string()>& look) {
  constexpr std::size_t kMost = 4096;
  constexpr unsigned kNobody = 65534;
  int ends[2];
  if (::pipe(ends) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    if (::getuid() == 0 && (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) _exit(1);
    std::string text;
    try {
      text = look();
    } catch (const UserError& error) {
      text = std::string("error: ") + error.what();
    }
    _exit(::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1);
  }
  ::close(ends[1]);
  std::string out(kMost, '\0');
  out.resize(static_cast<std::size_t>(std::max<ssize_t>(::read(ends[0], out.data(), kMost), 0)));
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return out;
}

}  // namespace flm
