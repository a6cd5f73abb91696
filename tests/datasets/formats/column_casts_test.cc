// A split's columns get the types that the first file says, as the datasets library gives them:
// fixtures/make_casts.py has recorded what it makes of them.
#include "datasets/formats/column_casts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/system/files.h"
#include "datasets/dataset.h"
#include "datasets/formats/arrow_text.h"
#include "datasets/formats/data_formats.h"

namespace flm {
namespace {

using Kind = ColumnType::Kind;

const std::string kFolder = std::string(FLM_SOURCE_DIR) + "/tests/datasets/fixtures/casts";

std::vector<Json> split(const std::string& format, const std::string& kwargs) {
  return DatasetCatalog("").load({format, "", kwargs, kFolder + "/"}, "test")->rows;
}

std::string named(const std::string& format) {
  return R"({"data_files": {"train": "train.)" + format + R"(", "test": "test.)" + format + "\"}}";
}

TEST(ColumnCasts, TheFirstSplitDecidesAsInTheDatasetsLibrary) {
  const Json expected = read_json_file(kFolder + "/test.json");
  for (const char* format : {"parquet", "arrow"}) {
    const std::vector<Json> rows = split(format, named(format));
    ASSERT_EQ(rows.size(), expected.size());
    for (std::size_t i = 0; i < rows.size(); ++i)
      for (const auto& [name, value] : expected[i].items())
        EXPECT_EQ(rows[i][name].dump(), value.dump()) << format << " " << i << " " << name;
    EXPECT_EQ(rows[0].items().begin().key(), "text_of_fractions") << "the first split's order";
  }
}

TEST(ColumnCasts, ASecondFileOfASplitIsCastToTheFirst) {
  const auto rows =
      split("parquet", R"({"data_files": {"test": ["train.parquet", "test.parquet"]}})");
  EXPECT_EQ(rows.at(2)["text_of_fractions"], "0.1");
}

TEST(ColumnCasts, WithoutAnotherSplitAFileHasItsOwnTypes) {
  const auto rows = split("parquet", R"({"data_files": {"test": "test.parquet"}})");
  EXPECT_EQ(rows.at(1)["text_of_fractions"], 0.1);
}

std::string cast(const ColumnType& to, const ColumnType& from, const std::string& cells) {
  std::vector<Json> rows;
  for (const Json& cell : Json::parse(cells)) rows.push_back({{"a", cell}});
  cast_to_types({to}, {from}, rows);
  Json values = Json::array();
  for (const Json& row : rows) values.push_back(row["a"]);
  return compact_json(values);
}

ColumnType type(Kind kind, std::vector<ColumnType> inside = {}) {
  ColumnType out;
  out.name = "a";
  out.kind = kind;
  out.inside = std::move(inside);
  return out;
}

/// Each is an error of the library (pyarrow 26); the column stays as it is.
TEST(ColumnCasts, WhatTheLibraryWouldFailToCastStays) {
  const ColumnType whole = type(Kind::kWhole), text = type(Kind::kText),
                   fraction = type(Kind::kFraction);
  const auto stays = [](const ColumnType& to, const ColumnType& from, const std::string& cells) {
    EXPECT_EQ(cast(to, from, cells), cells);
  };
  stays(whole, fraction, "[1.0,1.5]");
  stays(whole, fraction, "[9.223372036854776e+18]");
  stays(whole, text, R"(["1"," 3"])");
  stays(fraction, whole, "[9007199254740993]");
  stays(type(Kind::kTruth), text, R"(["yes"])");
  stays(type(Kind::kDate), text, R"(["2020-01-02 03:04:05"])");
  stays(text, type(Kind::kList, {text}), R"([["x"]])");
  stays(type(Kind::kNull), whole, "[1]");
  const auto counted = [](Kind kind, int bits, std::int64_t per_second = 1) {
    ColumnType out = type(kind);
    out.bits = bits;
    out.per_second = per_second;
    return out;
  };
  const ColumnType small = counted(Kind::kWhole, 32), large = counted(Kind::kWhole, 64),
                   day = counted(Kind::kDate, 32), clock = counted(Kind::kClock, 32, 1000),
                   time = counted(Kind::kTimestamp, 64, 1000);
  for (const ColumnType& number : {large, whole, fraction, type(Kind::kTruth)}) {
    stays(number, day, R"(["2020-01-02"])");
    stays(number, clock, R"(["03:04:05"])");
  }
  for (const ColumnType& number : {small, whole, fraction, type(Kind::kTruth)})
    stays(number, time, R"(["2020-01-02 03:04:05"])");
  stays(day, large, "[18263]");
  stays(clock, large, "[11045678]");
  stays(time, small, "[1]");
  ColumnType other = whole;
  other.name = "b";
  const ColumnType one = type(Kind::kStruct, {fraction}), two = type(Kind::kStruct, {whole, other});
  stays(one, two, R"([{"a":1,"b":2}])");
}

/// As pyarrow 26 casts them; Parquet has neither.
TEST(ColumnCasts, DatesOfMillisecondsAndClocksOfSeconds) {
  ColumnType date = type(Kind::kDate), clock = type(Kind::kClock), large = type(Kind::kWhole),
             small = large;
  date.bits = large.bits = 64;
  clock.bits = small.bits = 32;
  EXPECT_EQ(cast(large, date, R"(["2020-01-02"])"), "[1577923200000]");
  EXPECT_EQ(cast(date, large, "[1577934245678]"), R"(["2020-01-02"])");
  EXPECT_EQ(cast(small, clock, R"(["03:04:05"])"), "[11045]");
  EXPECT_EQ(cast(clock, small, "[11045]"), R"(["03:04:05"])");
}

/// As pyarrow 26 casts them.
TEST(ArrowText, WritesNumbersAsArrowDoes) {
  EXPECT_EQ(arrow_number_text(100000, false), "100000");
  EXPECT_EQ(arrow_number_text(1e9, false), "1000000000");
  EXPECT_EQ(arrow_number_text(1e10, false), "1e+10");
  EXPECT_EQ(arrow_number_text(123456789012.25, false), "1.2345678901225e+11");
  EXPECT_EQ(arrow_number_text(0.00001234, false), "0.00001234");
  EXPECT_EQ(arrow_number_text(-1.5e-7, false), "-1.5e-7");
  EXPECT_EQ(arrow_number_text(static_cast<double>(0.1f), true), "0.1");
}

}  // namespace
}  // namespace flm
