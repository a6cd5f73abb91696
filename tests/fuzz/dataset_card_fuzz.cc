// datasets/sources: any README.md beside the data files names files of a split, or is a UserError.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "base/errors.h"
#include "datasets/sources/hub_snapshot.h"
#include "tests/fuzz/message.h"

namespace {

class Snapshot {
 public:
  Snapshot() {
    std::filesystem::create_directories(path_ / "en" / "data");
    for (const char* name : {"train.csv", "en/test-00000-of-00001.parquet", "en/data/dev.jsonl.gz"})
      std::ofstream(path_ / name) << "x";
  }
  ~Snapshot() { std::filesystem::remove_all(path_); }
  void write_card(std::string_view bytes) const { std::ofstream(path_ / "README.md") << bytes; }
  std::string path() const { return path_.string(); }

 private:
  const std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("flm_fuzz_card_" + std::to_string(getpid()));
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Snapshot snapshot;
  snapshot.write_card({reinterpret_cast<const char*>(data), size});
  for (const char* name : {"", "en"}) {
    try {
      const auto configuration = flm::find_configuration(snapshot.path(), name, false);
      if (!configuration) continue;
      for (const flm::SplitFiles& split :
           flm::snapshot_splits(snapshot.path(), name, *configuration))
        for (const std::string& file : split.files)
          if (!std::filesystem::is_regular_file(file)) std::abort();
    } catch (const flm::UserError& error) {
      flm::fuzz::require_text(error.what());
    }
  }
  return 0;
}
