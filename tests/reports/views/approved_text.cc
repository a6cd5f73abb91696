#include "approved_text.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/files.h"

namespace flm {

void expect_baseline(const std::string& name, const std::string& text) {
  const std::string path = std::string(FLM_SOURCE_DIR) + "/tests/reports/baselines/" + name;
  if (std::getenv("FLM_APPROVE")) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  EXPECT_EQ(text, read_file(path)) << "approve a wanted change with FLM_APPROVE=1";
}

}  // namespace flm
