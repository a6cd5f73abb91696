// Outputs against approved texts in tests/reports/baselines.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/system/files.h"

namespace flm {

/// Fails where `text` is not the file's; FLM_APPROVE=1 writes it.
inline void expect_baseline(const std::string& name, const std::string& text) {
  const std::string path = std::string(FLM_SOURCE_DIR) + "/tests/reports/baselines/" + name;
  if (std::getenv("FLM_APPROVE")) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  EXPECT_EQ(text, read_file(path)) << "approve a wanted change with FLM_APPROVE=1";
}

}  // namespace flm
