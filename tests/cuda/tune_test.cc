// Tables of algorithms: what doctor --tune writes comes before what a search found, and is named in
// the numerics.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "engine/cuda/algorithm_table.h"
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
  AlgorithmTable(found).add(key, {1, 1, 1, 1, 1, 1, 1});
  AlgorithmTable::merge(tuned, AlgorithmTable::line_of(key, {2, 0, 0, 0, 0, 0, 0}));
  AlgorithmTable::merge(tuned, AlgorithmTable::line_of(other, {3, 0, 0, 0, 0, 0, 0}));
  const std::string text = AlgorithmTable::tuned_text("A 100", 7);
  AlgorithmTable table(found, text);
  EXPECT_EQ((*table.find(key))[0], 2);
  EXPECT_EQ((*table.find(other))[0], 3);
  table.add({10, 16, "fp32"}, {4, 0, 0, 0, 0, 0, 0});
  EXPECT_EQ(AlgorithmTable::tuned_text("A 100", 7), text) << "a run writes to its own table";
  EXPECT_EQ((*AlgorithmTable(found).find({10, 16, "fp32"}))[0], 4);
  EXPECT_THROW(AlgorithmTable(found, "8 16 int4 1 2 3 4 5 6 7\n"), UserError);
}

}  // namespace
}  // namespace flm::test
