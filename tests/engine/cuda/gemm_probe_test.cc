// The probes of a library's products over a stand-in whose answers are known.
#include "engine/cuda/products/gemm_probe.h"

#include <gmock/gmock.h>

#include <map>
#include <sstream>

#include "tests/engine/cuda/stand_in_library.h"

namespace flm::test {
namespace {

using ::testing::HasSubstr;

using Row = std::map<std::string, std::string>;  // by the column's name

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells(1);
  for (const char c : line)
    if (c == ',')
      cells.emplace_back();
    else
      cells.back() += c;
  return cells;
}

std::vector<Row> rows_of(const std::string& csv) {
  std::istringstream text(csv);
  std::string line;
  std::getline(text, line);
  const std::vector<std::string> names = cells_of(line);
  std::vector<Row> rows;
  while (std::getline(text, line)) {
    const std::vector<std::string> cells = cells_of(line);
    EXPECT_EQ(cells.size(), names.size()) << line;
    Row& row = rows.emplace_back();
    for (std::size_t i = 0; i < cells.size() && i < names.size(); ++i) row[names[i]] = cells[i];
  }
  return rows;
}

constexpr GemmShape kShape{24, 201, true};

TEST(GemmProbe, SaysOfEachChoiceWhatItTakesAndWhoseBitsItHas) {
  StandInLibrary::Log log;
  StandInLibrary library({kBelow100Differs, kRefusesFew, kDescending, kWantsWorkspace},
                         {kFewRowsOnly, kFewDescending}, log);
  std::ostringstream csv, lines;
  const ProbeRows rows{{4096, 16}, {1, 64, 128, 200}};
  probe_gemm(library, {{kShape}}, rows, csv, lines);
  const std::vector<Row> all = rows_of(csv.str());
  ASSERT_EQ(all.size(), 6u * 4);
  // By name and rows: accepted, and whether the bits are those of ascending sums, as the first
  // choice has them in 200 rows.
  const auto answers = [&](std::size_t choice) {
    std::string text;
    for (std::size_t i = 0; i < 4; ++i) {
      const Row& row = all[choice * 4 + i];
      text += row.at("accepted") + row.at("equal_to_first") + " ";
      EXPECT_EQ(row.at("hash").size(), row.at("accepted") == "1" ? 16u : 0u);
      EXPECT_EQ(row.at("microseconds").empty(), row.at("accepted") == "0");
    }
    return text;
  };
  EXPECT_EQ(answers(0), "10 10 11 11 ");
  EXPECT_EQ(answers(1), "00 00 11 11 ");
  EXPECT_EQ(answers(2), "10 10 10 10 ");
  EXPECT_EQ(answers(3), "00 00 00 00 ");
  EXPECT_EQ(all[12].at("workspace"), "4096");
  EXPECT_EQ(answers(4), "11 11 00 00 ");
  EXPECT_EQ(answers(5), "10 10 00 00 ");
  EXPECT_EQ(all[20].at("workspace"), "0");
  EXPECT_EQ(all[22].at("workspace"), "-1");
  const Row& one = all[17];
  EXPECT_EQ(one.at("n") + " " + one.at("k") + " " + one.at("asked_rows") + " " + one.at("index"),
            "24 201 16 0");
  EXPECT_EQ(one.at("id") + " " + one.at("tile") + " " + one.at("stages") + " " + one.at("cluster") +
                " " + one.at("split") + " " + one.at("m"),
            "9 128x256 64x4 2x1x1 1 64");
  EXPECT_EQ(lines.str(),
            "gemm_n24_k201_asked4096_choices 4 choices\ngemm_n24_k201_asked4096_equal_to_first 2 "
            "choices\ngemm_n24_k201_asked16_choices 2 choices\n"
            "gemm_n24_k201_asked16_equal_to_first 1 choices\n");
}

/// A part of the outputs has the bits of the whole where both sum the same way.
TEST(GemmProbe, FindsWhichPartsHaveTheBitsOfTheWhole) {
  StandInLibrary::Log log;
  StandInLibrary library({kQuick, kDescending, kLateRowsDiffer}, {kFewDescending, kFewRowsOnly},
                         log);
  std::ostringstream csv, lines;
  const int ranks[] = {2, 5, 8};
  probe_tensor_parallel(library, {{kShape}}, ranks, csv, lines);
  const std::vector<Row> all = rows_of(csv.str());
  ASSERT_EQ(all.size(), 2u * (3 + 2)) << "5 parts are not whole";
  for (std::size_t i = 0; i < all.size(); i += 5) {
    EXPECT_EQ(all[i].at("equal_to"), "0 2") << "ascending, the late rows are not compared";
    EXPECT_EQ(all[i + 1].at("equal_to"), "1");
    EXPECT_EQ(all[i + 2].at("equal_to"), "0 2");
    EXPECT_EQ(all[i + 3].at("equal_to"), "1");
    EXPECT_EQ(all[i + 4].at("equal_to"), "0 2");
  }
  EXPECT_EQ(all[5].at("ranks") + " " + all[5].at("asked_rows") + " " + all[5].at("m"),
            "8 4096 1024");
  EXPECT_EQ(all[9].at("asked_rows") + " " + all[9].at("m"), "16 16");
  EXPECT_THAT(lines.str(), HasSubstr("tensor_parallel_n24_k201_r5_left_out 4 "));
  EXPECT_THAT(lines.str(),
              HasSubstr("tensor_parallel_n24_k201_r8_m1024_with_equal 3 choices_of_3"));
}

TEST(GemmProbe, SustainedProductsAreWatchedWhileTheyRun) {
  StandInLibrary::Log log;
  StandInLibrary library({kQuick}, {kQuick}, log);
  std::ostringstream csv, lines;
  probe_sustained(library, 0, {0.6, 64}, csv, lines);
  const std::vector<Row> all = rows_of(csv.str());
  ASSERT_GE(all.size(), 1u);
  EXPECT_GE(std::stod(all.back().at("seconds")), 0.6);
  for (const Row& row : all) EXPECT_GT(std::stod(row.at("tflops")), 0);
  std::string key, unit;
  double rate = 0;
  std::istringstream(lines.str()) >> key >> rate >> unit;
  EXPECT_EQ(key + " " + unit, "sustained_bf16 TFLOP/s");
  EXPECT_GT(rate, 0);
}

TEST(GemmProbe, TheProductsOf52b) {
  std::int64_t weights = 0;
  for (const GemmShape& shape : products_of_52b()) {
    EXPECT_TRUE(shape.bf16);
    weights += shape.n * shape.k * (shape.n == 80384 ? 1 : 64);
  }
  // 64 layers of 4 h^2 + 3 h f and the head, h 8192, f 21824 (models/, Tele-FLM 52B).
  EXPECT_EQ(weights, 64LL * (4LL * 8192 * 8192 + 3LL * 8192 * 21824) + 80384LL * 8192);
}

}  // namespace
}  // namespace flm::test
