#include "reports/store/store_flag.h"

#include <filesystem>

#include "base/text/shell_word.h"
#include "reports/store/store.h"

namespace flm {

std::string store_flag(const std::string& store_path) {
  if (store_path == kDefaultStore) return "";
  return " --store " +
         shell_word(std::filesystem::absolute(store_path).lexically_normal().string());
}

}  // namespace flm
