// datasets/compression: any bytes are a zip whose member is read or lacks, or a UserError.
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "base/errors.h"
#include "datasets/compression/archive.h"
#include "tests/fuzz/message.h"

namespace {

/// One file, written again for each input.
struct ZipFile {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("flm_fuzz_" + std::to_string(getpid()) + ".zip");
  ~ZipFile() { std::filesystem::remove(path); }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ZipFile file;
  std::ofstream(file.path) << std::string_view(reinterpret_cast<const char*>(data), size);
  try {
    flm::read_zip_member(file.path.string(), "a/b.txt");
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
  return 0;
}
