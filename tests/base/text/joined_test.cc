#include "base/text/joined.h"

#include <gtest/gtest.h>

#include <set>

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

TEST(Joined, RangesOfAnything) {
  struct Named {
    std::string name;
  };
  EXPECT_EQ(joined(std::vector<Named>{{"a"}, {"b"}}, ", ", &Named::name), "a, b");
  EXPECT_EQ(joined(std::set<int>{3, 1}, "+", [](int number) { return std::to_string(number); }),
            "1+3");
  EXPECT_EQ(joined(std::set<std::string>{"", "b"}, ", "), ", b");
  EXPECT_EQ(joined(std::set<std::string>(), ", "), "");
}

TEST(Joined, ThoseThatAreThere) {
  EXPECT_EQ(joined_present({"", "a", "", "c"}, "; "), "a; c");
  EXPECT_EQ(joined_present({"", ""}, "; "), "");
}

}  // namespace
}  // namespace flm
