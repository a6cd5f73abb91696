// The conformance units of ../shared, unpacked.
#pragma once

#include <zlib.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "base/documents/json.h"
#include "base/errors.h"

namespace flm {

inline bool has_shared() {
  return std::filesystem::exists(FLM_SHARED_DIR "/conformance/lm-eval/units");
}

/// Text of a plain or gzipped file below conformance/lm-eval/.
inline std::string golden_text(const std::string& name) {
  const std::string path = FLM_SHARED_DIR "/conformance/lm-eval/" + name;
  gzFile file = gzopen(path.c_str(), "rb");
  FLM_CHECK(file != nullptr, "cannot open " + path);
  std::string out;
  char buffer[1 << 16];
  for (int n; (n = gzread(file, buffer, sizeof buffer)) > 0;)
    out.append(buffer, static_cast<size_t>(n));
  gzclose(file);
  return out;
}

inline Json golden(const std::string& name) { return parse_json(golden_text(name), name); }

}  // namespace flm
