// Kernel micro-benchmarks are a program of their own, beside this one: nothing includes bench/.
#include <unistd.h>

#include <filesystem>

#include "base/errors.h"
#include "harness/commands/commands.h"

namespace flm {

int command_bench(const Options& options, Progress&) {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string program = (self.parent_path() / "flmeval-bench").string();
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
