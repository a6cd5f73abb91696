// A page taken apart again.
#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <array>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "base/documents/json.h"

namespace flm {

inline std::string between(const std::string& text, const std::string& begin,
                           const std::string& end) {
  const std::size_t from = text.find(begin);
  if (from == std::string::npos) return "";
  const std::size_t start = from + begin.size();
  return text.substr(start, text.find(end, start) - start);
}

/// Without style, script and samples, which have tests of their own.
inline std::string static_part(std::string page) {
  const std::size_t style = page.find("<style>");
  page.erase(style, page.find("</style>") - style);
  const std::size_t policy = page.find("<meta http-equiv");
  page.erase(policy, page.find('\n', policy) + 1 - policy);
  return page.substr(0, page.find("<script")) + "</body>\n</html>\n";
}

/// RFC 4648, written again: what the browser's atob does.
inline std::string from_base64(const std::string& text) {
  static const std::string digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0, have = 0;
  for (char c : text) {
    if (c == '=') break;
    bits = bits << 6 | static_cast<unsigned>(digits.find(c));
    have += 6;
    if (have < 8) continue;
    have -= 8;
    out += static_cast<char>(bits >> have & 255);
  }
  return out;
}

inline std::string inflated(const std::string& bytes) {
  std::string out(1 << 24, '\0');
  uLongf size = out.size();
  EXPECT_EQ(uncompress(reinterpret_cast<Bytef*>(out.data()), &size,
                       reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()),
            Z_OK);
  out.resize(size);
  return out;
}

struct PageSamples {
  Json columns;
  std::vector<std::string> lines;
};

inline PageSamples samples_of(const std::string& page) {
  const auto payload = [&](const std::string& id) {
    return inflated(from_base64(between(page, "id=\"" + id + "\">", "</script>")));
  };
  PageSamples out;
  out.columns = parse_json(payload("columns"), "columns");
  for (std::size_t i = 0; i < out.columns["start"].size(); ++i) {
    EXPECT_EQ(out.columns["start"][i], out.lines.size()) << "block " << i;
    std::istringstream block(payload("block-" + std::to_string(i)));
    for (std::string line; std::getline(block, line);) out.lines.push_back(line);
  }
  return out;
}

}  // namespace flm
