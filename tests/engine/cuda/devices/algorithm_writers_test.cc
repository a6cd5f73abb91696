// Ranks and processes that write one table of algorithms.
#include <gtest/gtest.h>

#include <filesystem>
#include <thread>
#include <vector>

#include "engine/cuda/products/algorithm_table.h"
#include "tests/temporary_folder.h"

namespace flm::test {
namespace {

TEST(AlgorithmWriters, LoseNothingAndAgreeOnTheFirst) {
  const TemporaryFolder folder;
  const std::string path = folder / "not/yet/made/table.txt";
  constexpr std::uint64_t kWriters = 6;
  constexpr std::int64_t kShapes = 20;
  std::vector<std::vector<std::uint64_t>> taken(kWriters);
  std::vector<std::thread> threads;
  for (std::uint64_t writer = 0; writer < kWriters; ++writer)
    threads.emplace_back([&, writer] {
      AlgorithmTable table(path);
      for (std::int64_t n = 1; n <= kShapes; ++n) {
        const AlgorithmTable::Key key{n, 16, "bf16"};
        table.add(key, {{writer + 1}, false, {}}, {"by one of them"});
        taken[writer].push_back(table.find(key)->settings[0]);
      }
    });
  for (std::thread& thread : threads) thread.join();
  const AlgorithmTable all(path);
  for (std::int64_t n = 1; n <= kShapes; ++n) {
    ASSERT_TRUE(all.find({n, 16, "bf16"})) << n;
    for (const auto& one : taken)
      EXPECT_EQ(one[static_cast<std::size_t>(n - 1)], all.find({n, 16, "bf16"})->settings[0]) << n;
  }
}

}  // namespace
}  // namespace flm::test
