// Runs the program on a terminal of its own.
#pragma once

#include <gtest/gtest.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/harness/program.h"

namespace flm::testing {

/// What the program writes to a terminal of 40 lines and so many columns, in `scratch`; `prepare`
/// is called in the child before it. Its exit code has to be 0.
inline std::string on_terminal(
    const Scratch& scratch, unsigned short columns, std::vector<std::string> words,
    const std::function<void()>& prepare = [] {}) {
  words.insert(words.begin(), FLM_PROGRAM);
  const winsize size{40, columns, 0, 0};
  int terminal = -1;
  const pid_t child = forkpty(&terminal, nullptr, nullptr, &size);
  if (child == 0) {
    prepare();
    if (chdir(scratch.path().c_str()) != 0) _exit(126);
    execv(FLM_PROGRAM, argv_of(words).data());
    _exit(127);
  }
  std::string text;
  char part[4096];
  for (ssize_t n = 0; (n = read(terminal, part, sizeof part)) > 0;)
    text.append(part, static_cast<std::size_t>(n));
  close(terminal);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << text;
  return text;
}

}  // namespace flm::testing
