#include "base/text/printable.h"

#include <gtest/gtest.h>

#include "base/text/utf8.h"

namespace flm {
namespace {

TEST(Printable, CutsBetweenCharacters) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "\xF0\x9F\x99\x82";
  for (int ascii = 0; ascii < 4; ++ascii, text.insert(0, "a")) {
    const std::string shown = printable(text);
    EXPECT_TRUE(utf8_valid(shown)) << ascii;
    EXPECT_TRUE(shown.ends_with("... (" + std::to_string(text.size()) + " bytes)")) << shown;
  }
}

TEST(Printable, LeavesTextAloneAndNothingElse) {
  EXPECT_EQ(printable("w\xC3\xB6rter"), "w\xC3\xB6rter");
  EXPECT_EQ(printable("w\xF6rter"), "w?rter");
  EXPECT_EQ(printable("\x1B[2J\n"), "?[2J?");
}

}  // namespace
}  // namespace flm
