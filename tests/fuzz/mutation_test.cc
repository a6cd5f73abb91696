#include "tests/fuzz/mutation.h"

#include <gtest/gtest.h>

#include <set>

namespace flm::fuzz {
namespace {

TEST(Mutation, IsAPureFunctionOfItsNumber) {
  for (std::uint64_t i = 0; i < 100; ++i)
    EXPECT_EQ(mutate("abc", "xyz", i), mutate("abc", "xyz", i));
}

TEST(Mutation, VariesAndSurvivesEmptyInput) {
  std::set<std::string> seen;
  for (std::uint64_t i = 0; i < 1000; ++i) seen.insert(mutate("{\"a\": [1, 2]}", "", i));
  EXPECT_GT(seen.size(), 800u);
  for (std::uint64_t i = 0; i < 1000; ++i) EXPECT_LE(mutate("", "xyz", i).size(), 4u * 64u);
}

}  // namespace
}  // namespace flm::fuzz
