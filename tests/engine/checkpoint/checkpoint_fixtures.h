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
#include "base/errors.h"
#include "base/system/files.h"

namespace flm {

inline std::string conformance(const std::string& name) {
  return std::string(FLM_SHARED_DIR) + "/conformance/checkpoints/" + name;
}

#define FLM_NEEDS_SHARED()                                  \
  if (!std::filesystem::exists(conformance("README.md"))) { \
    GTEST_SKIP() << "skipped: ../shared is not here";       \
  }

/// A fresh folder that goes away with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "flm-checkpoint-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no temporary folder";
    path_ = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  std::string path() const { return path_.string(); }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  void write(const std::string& name, const std::string& bytes) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream((path_ / name), std::ios::binary) << bytes;
  }
  void copy_from(const std::string& folder) const {
    std::filesystem::copy(folder, path_, std::filesystem::copy_options::recursive);
  }

 private:
  std::filesystem::path path_;
};

/// Text of the UserError that `action` throws; "" if it throws none. Other exceptions pass through.
template <typename Action>
std::string user_error(const Action& action) {
  try {
    action();
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

/// A safetensors file: `header` as given, then `data`.
inline std::string safetensors_file(const std::string& header, const std::string& data) {
  const std::uint64_t length = header.size();
  std::string out(8, '\0');
  std::memcpy(out.data(), &length, 8);
  return out + header + data;
}

}  // namespace flm
