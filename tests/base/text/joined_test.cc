#include "base/text/joined.h"

#include <gtest/gtest.h>

namespace flm {
namespace {

TEST(Joined, WordsInOneLine) {
  EXPECT_EQ(joined({}, ", "), "");
  EXPECT_EQ(joined({"a"}, ", "), "a");
  EXPECT_EQ(joined({"a", "", "c"}, "; "), "a; ; c");
  EXPECT_EQ(enumerated({}), "");
  EXPECT_EQ(enumerated({"a"}), "a");
  EXPECT_EQ(enumerated({"a", "b"}), "a and b");
  EXPECT_EQ(enumerated({"a", "b", "c"}), "a, b and c");
  EXPECT_EQ(first_few({"a", "b", "c"}, 3), "a, b, c");
  EXPECT_EQ(first_few({"a", "b", "c"}, 2), "a, b and 1 more");
  EXPECT_EQ(first_few({}, 2), "");
}

}  // namespace
}  // namespace flm
