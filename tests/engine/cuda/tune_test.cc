// Tables of algorithms: what doctor --tune writes comes before what a search found, and is named in
// the numerics.
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>

#include "engine/cuda/products/algorithm_table.h"
#include "tests/engine/cuda/cuda_fixture.h"
#include "tests/temporary_folder.h"

namespace flm::test {
namespace {

class Tune : public ::testing::Test {
 protected:
  void SetUp() override { setenv("XDG_CACHE_HOME", folder_.path().c_str(), 1); }
  void TearDown() override { unsetenv("XDG_CACHE_HOME"); }
  TemporaryFolder folder_;
};

TEST_F(Tune, WritesOneEntryForEachShapeOfTheModel) {
  FLM_NEED_DEVICE();
  const std::string lines = tune_products("synthetic:tiny", "cuda", Precision::kBf16);
  EXPECT_NE(lines.find("-tuned.txt"), std::string::npos) << lines;
  // What scripts/gpu-figures reads.
  const std::regex form(
      "n [0-9]+, k [0-9]+: [0-9.e+-]+ ms at 4096 rows(, padded)?, the library's first choice "
      "[0-9.e+-]+ ms, the fastest [0-9.e+-]+ ms; .*; 32 rows in .* ms( by one of their own)?");
  EXPECT_TRUE(std::regex_match(lines.substr(0, lines.find('\n')), form)) << lines;
  const std::string path = lines.substr(lines.find("written to ") + 11,
                                        lines.rfind('\n') - lines.find("written to ") - 11);
  std::ifstream file(path);
  int shapes = 0, entries = 0;
  for (std::string line; std::getline(file, line);)
    entries += line.find(" up-to-64 ") == std::string::npos;
  std::istringstream printed(lines);
  for (std::string line; std::getline(printed, line);) shapes += line.rfind("n ", 0) == 0;
  EXPECT_EQ(entries, shapes);
  EXPECT_GE(entries, 4);
  EXPECT_THROW(tune_products("synthetic:tiny", "cpu", Precision::kBf16), UserError);
}

TEST_F(Tune, TunedEntriesComeFirstAndSearchesAreKeptApart) {
  const AlgorithmTable::Key key{8, 16, "bf16"}, other{9, 16, "bf16"};
  const std::string found = AlgorithmTable::path_for("A 100", 7),
                    tuned = AlgorithmTable::tuned_path_for("A 100", 7);
  EXPECT_EQ(AlgorithmTable::tuned_text("A 100", 7), "");
  const auto entry = [](std::uint64_t word, bool multiples) {
    return PinnedAlgorithm{{word, 0, 0, 0, 0, 0, 0, ~std::uint64_t{0}}, multiples, {}};
  };
  AlgorithmTable(found).add(key, entry(1, false));
  AlgorithmTable::merge(tuned, AlgorithmTable::lines_of(key, entry(2, false)));
  AlgorithmTable::merge(tuned, AlgorithmTable::lines_of(other, entry(3, true)));
  const std::string text = AlgorithmTable::tuned_text("A 100", 7);
  AlgorithmTable table(found, text);
  EXPECT_EQ(table.find(key)->settings[0], 2u);
  EXPECT_EQ(table.find(key)->settings[7], ~std::uint64_t{0});
  EXPECT_FALSE(table.find(key)->multiples);
  EXPECT_EQ(table.find(other)->settings[0], 3u);
  EXPECT_TRUE(table.find(other)->multiples);
  table.add({10, 16, "fp32"}, entry(4, false), {"a choice: why not"});
  EXPECT_EQ(AlgorithmTable::tuned_text("A 100", 7), text) << "a run writes to its own table";
  EXPECT_EQ(AlgorithmTable(found).find({10, 16, "fp32"})->settings[0], 4u);
  EXPECT_EQ(AlgorithmTable(found).find({11, 16, "fp32"}), nullptr);
}

/// An algorithm for few rows has the bits of the one it was found for, and goes with that one.
TEST_F(Tune, AnAlgorithmForFewRowsStandsAndFallsWithItsOwn) {
  const AlgorithmTable::Key key{8, 16, "bf16"};
  const std::string path = folder_ / "table.txt";
  PinnedAlgorithm pinned{{1}, true, AlgorithmSettings{2}};
  AlgorithmTable(path).add(key, pinned);
  const AlgorithmTable back(path);
  ASSERT_TRUE(back.find(key)->few);
  EXPECT_EQ((*back.find(key)->few)[0], 2u);
  EXPECT_TRUE(back.find(key)->multiples);
  const AlgorithmTable over(path, "8 16 bf16 any 3 0 0 0 0 0 0 0\n");
  EXPECT_EQ(over.find(key)->settings[0], 3u);
  EXPECT_FALSE(over.find(key)->few);
  AlgorithmTable::merge(path,
                        "8 16 bf16 any 3 0 0 0 0 0 0 0\n8 16 bf16 up-to-64 4 0 0 0 0 0 0 0\n");
  const AlgorithmTable merged(path);
  EXPECT_EQ((*merged.find(key)->few)[0], 4u);
}

TEST_F(Tune, TablesOfBeforeAreReadWhereTheirEntriesStillHold) {
  const AlgorithmTable table(folder_ / "none.txt", "8 16 bf16 0 1 2 3 4 5 6 7 8\n");
  EXPECT_EQ(table.find({8, 16, "bf16"})->settings[7], 8u);
  EXPECT_FALSE(table.find({8, 16, "bf16"})->multiples);
}

TEST_F(Tune, ADamagedLineNamesItsFileAndItself) {
  for (const std::string line : {
           "8 16 int4 any 1 2 3 4 5 6 7 8",       // no such type
           "8 16 bf16 128 1 2 3 4 5 6 7 8",       // calls of exactly 128 rows: never tried in more
           "8 16 bf16 some 1 2 3 4 5 6 7 8",      // no such use
           "8 16 bf16 any 1 2 3 4 5 6 7",         // a word is missing
           "8 16 bf16 any 1 2 3 4 5 6 7 8 9",     // one too many
           "8 16 bf16 any 1 2 3 4 5 6 7 x",       // no number
           "0 16 bf16 any 1 2 3 4 5 6 7 8",       // no product
           "9 16 bf16 up-to-64 1 2 3 4 5 6 7 8",  // whose bits?
       }) {
    const std::string path = folder_ / "damaged.txt";
    std::ofstream(path) << "# a comment\n8 16 bf16 any 1 2 3 4 5 6 7 8\n" << line << '\n';
    try {
      AlgorithmTable table(path);
      FAIL() << "read: " << line;
    } catch (const UserError& error) {
      EXPECT_THAT(error.what(), ::testing::HasSubstr(path + ":3: ")) << line;
      EXPECT_THAT(error.what(), ::testing::HasSubstr("\"" + line + "\"; delete the file"));
    }
  }
}

/// Two tuned tables, or none, are different numerics; so is another rule of the search.
TEST_F(Tune, TheNameOfTheNumericsTellsTheTable) {
  const std::string none = AlgorithmTable::identity(""), one = AlgorithmTable::identity("a\n"),
                    other = AlgorithmTable::identity("b\n");
  EXPECT_THAT(none, ::testing::MatchesRegex("search[0-9]+"));
  EXPECT_EQ(one.rfind(none + "-tuned-", 0), 0u);
  EXPECT_NE(one, other);
  EXPECT_THAT(AlgorithmTable::path_for("A 100", 7), ::testing::HasSubstr("A-100-7-" + none));
}

}  // namespace
}  // namespace flm::test
