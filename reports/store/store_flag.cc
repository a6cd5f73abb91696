#include "reports/store/store_flag.h"

#include <filesystem>

#include "base/text/shell_word.h"
#include "reports/store/store.h"

namespace flm {

std::string store_flag(const std::string& store_path) {
  return store_path == kDefaultStore ? "" : store_flag_anywhere(store_path);
}

std::string store_flag_anywhere(const std::string& store_path) {
  return " --store " +
         shell_word(std::filesystem::absolute(store_path).lexically_normal().string());
}

}  // namespace flm
