// reports/compare/logs: a folder of lm-evaluation-harness, whatever its files hold, is a run or a
// UserError, and so are the texts of its items. The input's first line is the results file, the
// others are the samples of the task "made".
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "base/errors.h"
#include "reports/compare/logs/load_results.h"
#include "tests/fuzz/message.h"

namespace {

class Folder {
 public:
  Folder() { std::filesystem::create_directories(path_); }
  ~Folder() { std::filesystem::remove_all(path_); }

  void write(std::string_view bytes) const {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    std::ofstream(path_ / "results_2026.json") << bytes.substr(0, end);
    std::ofstream(path_ / "samples_made_2026.jsonl")
        << bytes.substr(std::min(end + 1, bytes.size()));
  }
  std::string path() const { return path_.string(); }

 private:
  const std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("flm_fuzz_results_" + std::to_string(getpid()));
};

void show(const flm::LoggedRun& run) {
  for (const flm::LoggedTask& task : run.tasks) {
    if (!task.has_samples) continue;
    std::vector<std::size_t> items(task.items.size());
    std::iota(items.begin(), items.end(), std::size_t{0});
    run.about.texts->texts(task.name, items);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Folder folder;
  folder.write({reinterpret_cast<const char*>(data), size});
  try {
    for (const flm::ResultsFiles& files : flm::find_results(folder.path()))
      show(flm::load_results(files));
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
  return 0;
}
