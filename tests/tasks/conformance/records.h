// The recorded runs of ../shared/conformance/lm-eval as JSON.
#pragma once

#include <cmath>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "base/documents/json.h"
#include "base/system/files.h"
#include "datasets/compression/archive.h"

namespace flm {

inline std::string conformance_folder() {
  return std::string(FLM_SHARED_DIR) + "/conformance/lm-eval/";
}
inline bool have_shared() { return std::filesystem::exists(conformance_folder()); }

inline Json read_gzipped_json(const std::string& path) {
  return parse_json(gunzip(read_file(path), path), path);
}

inline std::vector<Json> read_gzipped_lines(const std::string& path) {
  std::istringstream lines(gunzip(read_file(path), path));
  std::vector<Json> out;
  for (std::string line; std::getline(lines, line);) out.push_back(parse_json(line, path));
  return out;
}

/// A recorded figure: a number, a flag, or "NaN", "Infinity", "-Infinity".
inline double number(const Json& value) {
  if (value.is_boolean()) return value.get<bool>() ? 1 : 0;
  if (!value.is_string()) return value.get<double>();
  if (value == "NaN") return std::nan("");
  return value == "Infinity" ? std::numeric_limits<double>::infinity()
                             : -std::numeric_limits<double>::infinity();
}

}  // namespace flm

#define FLM_NEED_SHARED() \
  if (!flm::have_shared()) GTEST_SKIP() << "skipped: ../shared is not here"
