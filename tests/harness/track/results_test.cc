// Where the curves of a series go.
#include "harness/track/results.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/harness/program.h"

namespace flm::testing {
namespace {

TEST(TrackingResults, SeriesOfSimilarNamesHaveFoldersOfTheirOwn) {
  const Scratch scratch;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(scratch.path());
  std::set<std::string> folders;
  for (const char* name : {"a b", "a/b", "a-b", "a--b", ".a-b", "a-b_"})
    folders.insert(TrackingResults({}, {name}).folder());
  EXPECT_EQ(TrackingResults({}, {"nano-2.lr_1"}).folder(), "runs/track-nano-2.lr_1");
  std::filesystem::current_path(before);
  EXPECT_EQ(folders.size(), 6u);
  EXPECT_TRUE(folders.contains("runs/track-a-b")) << "a name that can be one of a file stays";
}

}  // namespace
}  // namespace flm::testing
