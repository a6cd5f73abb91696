// Runs the program as a user would: arguments in, exit code, stdout and stderr out.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/temporary_folder.h"

namespace flm::testing {

struct Outcome {
  int exit_code = -1;
  std::string out, err;
};

inline std::string slurp(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Prose as one line: a report is wrapped to its columns, and hangs what follows.
inline std::string unwrapped(const std::string& text) {
  std::istringstream words(text);
  std::string out, word;
  while (words >> word) out += (out.empty() ? "" : " ") + word;
  return out;
}

/// A scratch folder of this process that is removed at the end.
class Scratch {
 public:
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

  std::string data_root;

  std::filesystem::path write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path_ / name;
  }

 private:
  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path();
};

inline std::vector<char*> argv_of(std::vector<std::string>& words) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  return argv;
}

/// Starts the program with stdout and stderr in files of `scratch`; FLMEVAL_DATA is the
/// scratch's data_root, unset where that is empty, and the cache is private.
inline pid_t start(const Scratch& scratch, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), FLM_PROGRAM);
  fflush(nullptr);  // or the child would print it again
  const pid_t child = fork();
  if (child != 0) return child;
  if (scratch.data_root.empty())
    unsetenv("FLMEVAL_DATA");
  else
    setenv("FLMEVAL_DATA", scratch.data_root.c_str(), 1);
  setenv("XDG_CACHE_HOME", (scratch / "cache").c_str(), 1);
  if (chdir(scratch.path().c_str()) != 0) _exit(126);
  if (!freopen((scratch / "stdout").c_str(), "w", stdout) ||
      !freopen((scratch / "stderr").c_str(), "w", stderr) || !freopen("/dev/null", "r", stdin)) {
    _exit(126);
  }
  execv(FLM_PROGRAM, argv_of(arguments).data());
  _exit(127);
}

inline Outcome finish(const Scratch& scratch, pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  Outcome outcome;
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  outcome.out = slurp(scratch / "stdout");
  outcome.err = slurp(scratch / "stderr");
  return outcome;
}

inline Outcome run(const Scratch& scratch, const std::vector<std::string>& arguments) {
  return finish(scratch, start(scratch, arguments));
}

inline std::string nano(const std::string& step = "step_01600") {
  return std::string(FLM_SOURCE_DIR) + "/models/nano/" + step;
}

}  // namespace flm::testing
