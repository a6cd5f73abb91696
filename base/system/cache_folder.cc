#include "base/system/cache_folder.h"

#include "base/system/environment.h"

namespace flm {

std::filesystem::path cache_folder() {
  namespace fs = std::filesystem;
  if (const auto cache = environment("XDG_CACHE_HOME")) return fs::path(*cache) / "flmeval";
  const auto home = environment("HOME");
  return home ? fs::path(*home) / ".cache" / "flmeval" : fs::path();
}

}  // namespace flm
