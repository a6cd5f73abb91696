#include "bench/timing/interleave.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "base/errors.h"
#include "base/text/byte_order_mark.h"
#include "bench/timing/stop.h"

namespace flm::bench {
namespace {

/// A folder for the children's results that is gone afterwards.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "flmeval-bench-XXXXXX").string();
    if (!mkdtemp(pattern.data())) throw UserError("cannot make a folder like " + pattern);
    path_ = pattern;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// Exit code of the command; its output on stdout is thrown away.
int exit_code_of(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t child = fork();
  if (child < 0) throw UserError("cannot start a process for " + words[0]);
  if (child == 0) {
    const int null = open("/dev/null", O_WRONLY);
    if (null >= 0) dup2(null, STDOUT_FILENO);
    execv(argv[0], argv.data());
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

ResultFile run_once(const std::string& executable, const std::vector<std::string>& arguments,
                    const std::string& out) {
  std::vector<std::string> words = {executable};
  if (std::filesystem::path(executable).filename().string().find("bench") == std::string::npos)
    words.push_back("bench");
  words.insert(words.end(), {"run", "--quiet", "--out", out});
  words.insert(words.end(), arguments.begin(), arguments.end());
  const int code = exit_code_of(words);
  if (is_stopped() || code == 3) throw IncompleteError("stopped; nothing was compared");
  if (code != 0 && code != 1)  // 1: a row failed; its reason is in the results
    throw UserError("bench run ended with exit code " + std::to_string(code) + ": " + executable);
  return read_results(out);
}

/// Adds the repetitions of `more`; an error of one of them spoils the row.
void append(ResultFile& all, const ResultFile& more) {
  if (all.rows.empty()) {
    const std::string origin = all.origin;
    all = more;
    all.origin = origin;
    return;
  }
  for (const ResultRow& row : more.rows)
    for (ResultRow& mine : all.rows) {
      if (mine.name != row.name) continue;
      if (mine.error.empty()) mine.error = row.error;
      mine.seconds.insert(mine.seconds.end(), row.seconds.begin(), row.seconds.end());
      mine.least.insert(mine.least.end(), row.least.begin(), row.least.end());
      if (mine.error.empty()) continue;
      mine.seconds.clear();
      mine.least.clear();
    }
}

/// File systems of other makers give every file the bit of execution: a result file is known by the
/// brace that it begins with.
bool holds_json(const std::string& path) {
  std::string begin(64, '\0');
  std::ifstream(path, std::ios::binary).read(begin.data(), 64);
  const std::string_view text = without_byte_order_mark(begin);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

}  // namespace

bool is_executable(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         access(path.c_str(), X_OK) == 0 && !holds_json(path);
}

std::pair<ResultFile, ResultFile> run_interleaved(const std::string& before,
                                                  const std::string& after,
                                                  const InterleaveSettings& settings,
                                                  Progress& progress) {
  const ScratchFolder scratch;
  ResultFile old_results, new_results;
  old_results.origin = before;
  new_results.origin = after;
  std::vector<std::string> old_arguments = settings.arguments, new_arguments = settings.arguments;
  old_arguments.insert(old_arguments.end(), settings.only_before.begin(),
                       settings.only_before.end());
  new_arguments.insert(new_arguments.end(), settings.only_after.begin(), settings.only_after.end());
  const std::string ceilings = scratch.file("first.json");
  const std::int64_t total = 4 * settings.rounds;
  for (std::int64_t turn = 0; turn < total; ++turn) {
    progress.update("runs", turn, total);
    const bool old_turn = turn % 4 == 0 || turn % 4 == 3;
    std::vector<std::string> arguments = old_turn ? old_arguments : new_arguments;
    if (turn > 0) arguments.insert(arguments.end(), {"--ceilings", ceilings});
    const ResultFile results = run_once(old_turn ? before : after, arguments,
                                        turn == 0 ? ceilings : scratch.file("results.json"));
    append(old_turn ? old_results : new_results, results);
  }
  return {old_results, new_results};
}

}  // namespace flm::bench
