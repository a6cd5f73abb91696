// Tables of algorithms: what doctor --tune writes comes before what a search found, and is named in
// the numerics.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>

#include "engine/cuda/algorithm_table.h"
#include "engine/cuda/gemm.h"
#include "tests/cuda/cuda_fixture.h"

namespace flm::test {
namespace {

class Tune : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "flm-tune-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    setenv("XDG_CACHE_HOME", folder_.c_str(), 1);
  }
  void TearDown() override {
    unsetenv("XDG_CACHE_HOME");
    std::filesystem::remove_all(folder_);
  }
  std::filesystem::path folder_;
};

TEST_F(Tune, WritesOneEntryForEachShapeOfTheModel) {
  FLM_NEED_DEVICE();
  const std::string lines = tune_products("synthetic:tiny", "cuda", Precision::kBf16);
  EXPECT_NE(lines.find("-tuned.txt"), std::string::npos) << lines;
  // What scripts/gpu-figures reads.
  const std::regex form(
      "n [0-9]+, k [0-9]+: [0-9.e+-]+ ms at 4096 rows(, padded)?, the library's first choice "
      "[0-9.e+-]+ ms, the fastest [0-9.e+-]+ ms; .*; 32 rows in .* ms");
  EXPECT_TRUE(std::regex_match(lines.substr(0, lines.find('\n')), form)) << lines;
  const std::string path = lines.substr(lines.find("written to ") + 11,
                                        lines.rfind('\n') - lines.find("written to ") - 11);
  std::ifstream file(path);
  int entries = 0;
  for (std::string line; std::getline(file, line);) ++entries;
  EXPECT_EQ(entries, std::count(lines.begin(), lines.end(), '\n') - 1);
  EXPECT_GE(entries, 4);
  EXPECT_THROW(tune_products("synthetic:tiny", "cpu", Precision::kBf16), UserError);
}

TEST_F(Tune, TunedEntriesComeFirstAndSearchesAreKeptApart) {
  const AlgorithmTable::Key key{8, 16, "bf16"}, other{9, 16, "bf16"};
  const std::string found = AlgorithmTable::path_for("A 100", 7),
                    tuned = AlgorithmTable::tuned_path_for("A 100", 7);
  EXPECT_EQ(AlgorithmTable::tuned_text("A 100", 7), "");
  const auto entry = [](std::uint64_t word, std::int64_t rows) {
    return PinnedAlgorithm{{word, 0, 0, 0, 0, 0, 0, ~std::uint64_t{0}}, rows};
  };
  AlgorithmTable(found).add(key, entry(1, 0));
  AlgorithmTable::merge(tuned, AlgorithmTable::line_of(key, entry(2, 0)));
  AlgorithmTable::merge(tuned, AlgorithmTable::line_of(other, entry(3, kPaddedRows)));
  const std::string text = AlgorithmTable::tuned_text("A 100", 7);
  AlgorithmTable table(found, text);
  EXPECT_EQ(table.find(key)->settings[0], 2u);
  EXPECT_EQ(table.find(key)->settings[7], ~std::uint64_t{0});
  EXPECT_EQ(table.find(key)->rows, 0);
  EXPECT_EQ(table.find(other)->settings[0], 3u);
  EXPECT_EQ(table.find(other)->rows, kPaddedRows);
  table.add({10, 16, "fp32"}, entry(4, 0));
  EXPECT_EQ(AlgorithmTable::tuned_text("A 100", 7), text) << "a run writes to its own table";
  EXPECT_EQ(AlgorithmTable(found).find({10, 16, "fp32"})->settings[0], 4u);
  EXPECT_THROW(AlgorithmTable(found, "8 16 int4 0 1 2 3 4 5 6 7 8\n"), UserError);
  EXPECT_THROW(AlgorithmTable(found, "8 16 bf16 5 1 2 3 4 5 6 7 8\n"), UserError);
  EXPECT_THROW(AlgorithmTable(found, "8 16 bf16 0 1 2 3 4 5 6 7\n"), UserError);
}

}  // namespace
}  // namespace flm::test
