// Kernel micro-benchmarks are a program of their own, beside this one: nothing includes bench/.
#include <unistd.h>

#include <filesystem>

#include "base/errors.h"
#include "base/system/program_file.h"
#include "harness/commands/commands.h"

namespace flm {

namespace {

/// An installed one is started by what lies in bin/, which knows the C library that it needs.
std::string bench_program() {
  const std::filesystem::path folder = std::filesystem::path(program_file()).parent_path();
  const std::filesystem::path starter = folder.parent_path() / "bin" / "flmeval-bench";
  return access(starter.c_str(), X_OK) == 0 ? starter.string()
                                            : (folder / "flmeval-bench").string();
}

}  // namespace

int command_bench(const Options& options, Progress&) {
  const std::string program = bench_program();
  std::vector<std::string> words = {program};
  words.insert(words.end(), options.operands.begin(), options.operands.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  execv(program.c_str(), argv.data());
  throw UserError(
      "the benchmarks are a program of their own that is not here (build the target "
      "flmeval-bench): " +
      program);
}

}  // namespace flm
