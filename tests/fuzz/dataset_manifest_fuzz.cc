// datasets/sources: any bytes of a manifest and of the checksums beside it are a manifest or a
// UserError. The input's part before the first empty line is the manifest.
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "base/errors.h"
#include "datasets/sources/manifest.h"
#include "tests/fuzz/message.h"

namespace {

class Folder {
 public:
  Folder() { std::filesystem::create_directories(path_); }
  ~Folder() { std::filesystem::remove_all(path_); }

  void write(std::string_view bytes) const {
    const std::size_t end = std::min(bytes.find("\n\n"), bytes.size());
    std::ofstream(path_ / "made.yaml") << bytes.substr(0, end);
    std::ofstream(path_ / "made.sha256") << bytes.substr(std::min(end + 2, bytes.size()));
  }
  std::string path() const { return path_.string(); }

 private:
  const std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("flm_fuzz_manifest_" + std::to_string(getpid()));
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Folder folder;
  folder.write({reinterpret_cast<const char*>(data), size});
  try {
    for (const flm::DatasetManifest& set : flm::read_manifests(folder.path()))
      set.answers("a", "b");
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
  return 0;
}
