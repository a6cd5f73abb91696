// What the tokenizer tests share: the tiling property and a folder that goes away.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "engine/tokenizer.h"
#include "tests/temporary_folder.h"

namespace flm {

inline const std::string kFixtures =
    std::string(FLM_SOURCE_DIR) + "/tests/engine/tokenizer/fixtures/";

/// Spans and dropped bytes, merged in order, cover the text once; spans never run backwards.
inline void expect_tiles(const std::string& text, const Encoding& encoding) {
  ASSERT_EQ(encoding.ids.size(), encoding.spans.size()) << text;
  std::size_t cursor = 0, dropped = 0;
  const auto skip_dropped = [&] {
    while (dropped < encoding.dropped.size() && encoding.dropped[dropped].begin == cursor)
      cursor = encoding.dropped[dropped++].end;
  };
  for (const ByteSpan& span : encoding.spans) {
    if (span.begin != cursor) skip_dropped();
    ASSERT_EQ(span.begin, cursor) << text;
    ASSERT_LE(span.begin, span.end) << text;
    cursor = span.end;
  }
  skip_dropped();
  EXPECT_EQ(cursor, text.size()) << text;
  EXPECT_EQ(dropped, encoding.dropped.size()) << text;
}

}  // namespace flm
