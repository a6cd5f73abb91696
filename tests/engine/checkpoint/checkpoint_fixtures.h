// Where the conformance checkpoints are, and folders made for one test.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "base/documents/json.h"
#include "base/system/files.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace flm {

inline std::string conformance(const std::string& name) {
  return std::string(FLM_SHARED_DIR) + "/conformance/checkpoints/" + name;
}

#define FLM_NEEDS_SHARED()                                  \
  if (!std::filesystem::exists(conformance("README.md"))) { \
    GTEST_SKIP() << "skipped: ../shared is not here";       \
  }

/// A safetensors file: `header` as given, then `data`.
inline std::string safetensors_file(const std::string& header, const std::string& data) {
  const std::uint64_t length = header.size();
  std::string out(8, '\0');
  std::memcpy(out.data(), &length, 8);
  return out + header + data;
}

}  // namespace flm
