#include "tests/fuzz/mutation.h"

#include <gtest/gtest.h>

#include <set>

namespace flm::fuzz {
namespace {

TEST(Mutation, IsAPureFunctionOfItsNumber) {
  for (std::uint64_t i = 0; i < 100; ++i)
    EXPECT_EQ(mutate("abc", "xyz", i), mutate("abc", "xyz", i));
}

TEST(Mutation, Varies) {
  std::string seed;
  for (char c = ' '; c <= '~'; ++c) seed += std::string(4, c);
  std::set<std::string> seen;
  for (std::uint64_t i = 0; i < 1000; ++i) seen.insert(mutate(seed, "xyz", i));
  EXPECT_GT(seen.size(), 800u);
  EXPECT_FALSE(seen.contains(seed));
}

TEST(Mutation, SurvivesEmptyInput) {
  for (std::uint64_t i = 0; i < 1000; ++i) EXPECT_LE(mutate("", "xyz", i).size(), 4u * 64u);
}

}  // namespace
}  // namespace flm::fuzz
