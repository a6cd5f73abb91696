#include "base/system/cache_folder.h"

#include <cstdlib>

namespace flm {

std::filesystem::path cache_folder() {
  namespace fs = std::filesystem;
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache && *cache)
    return fs::path(cache) / "flmeval";
  const char* home = std::getenv("HOME");
  return home && *home ? fs::path(home) / ".cache" / "flmeval" : fs::path();
}

}  // namespace flm
