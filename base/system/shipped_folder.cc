#include "base/system/shipped_folder.h"

#include <filesystem>
#include <system_error>

#include "base/system/program_file.h"

namespace flm {

std::string shipped_folder(const std::string& source_folder, const std::string& name) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path program = program_file();
  if (!program.empty()) {
    const fs::path installed = program.parent_path().parent_path() / "share" / "flmeval" / name;
    if (fs::is_directory(installed, error)) return installed.string();
  }
  return source_folder;
}

}  // namespace flm
