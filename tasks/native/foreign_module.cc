#include "tasks/native/foreign_module.h"

#include <algorithm>
#include <filesystem>

#include "base/sha256.h"
#include "base/system/files.h"
#include "tasks/native/native_functions.h"
#include "tasks/native/pinned_modules.h"

namespace flm {

std::string module_of(const std::string& key) { return key.substr(0, key.rfind('.')); }

std::string foreign_module(const std::string& file, const std::string& function) {
  const std::filesystem::path module =
      std::filesystem::path(file).parent_path() / (module_of(function) + ".py");
  if (!std::filesystem::is_regular_file(module)) return "";
  const std::string hash = sha256_hex(read_file(module.string()));
  const std::span<const PinnedModule> pinned = pinned_modules();
  for (const std::string& key : native_keys(file, function)) {
    const bool same = std::any_of(pinned.begin(), pinned.end(), [&](const PinnedModule& one) {
      return one.key == module_of(key) && one.sha256 == hash;
    });
    if (same) return "";
  }
  return module.string();
}

}  // namespace flm
