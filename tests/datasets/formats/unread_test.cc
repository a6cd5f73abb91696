// Columns that are not read leave the others of their file alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "base/documents/unread_value.h"
#include "base/system/files.h"
#include "datasets/formats/data_formats.h"

namespace flm {
namespace {

using ::testing::HasSubstr;

std::vector<Json> fixture_rows(const std::string& name) {
  const std::string path = std::string(FLM_SOURCE_DIR) + "/tests/datasets/fixtures/" + name;
  return read_rows(read_file(path), format_of_name(name), {}, name).rows;
}

std::string why(const Json& row, const std::string& name) {
  return row.contains(name) ? why_unread(row.at(name)).value_or("") : "";
}

/// What `datasets` keeps as texts of JSON and gives as values (make_json_feature.py).
TEST(JsonFeature, TextsOfJsonAreWhatTheySay) {
  const std::vector<Json> wanted = fixture_rows("json_feature.json");
  ASSERT_EQ(wanted.size(), 7u);
  for (const char* name : {"json_feature.arrow", "json_feature.parquet"})
    EXPECT_EQ(Json(fixture_rows(name)), Json(wanted)) << name;
}

TEST(Unread, ColumnsOfParquetAreNamedAndTheOthersRead) {
  const std::vector<Json> rows = fixture_rows("unread.parquet");
  ASSERT_EQ(rows.size(), 3u);
  const Json read = {{{"question", "one"}, {"answer", 1}},
                     {{"question", "two"}, {"answer", 2}},
                     {{"question", nullptr}, {"answer", 3}}};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(without_unread_values(rows[i]), read[i]);
    EXPECT_THAT(why(rows[i], "image"), HasSubstr("column bytes is binary, which is not read"));
    EXPECT_THAT(why(rows[i], "price"), HasSubstr("column price is a decimal, which"));
    EXPECT_THAT(why(rows[i], "took"), HasSubstr("column took is a duration"));
    EXPECT_THAT(why(rows[i], "seen"), HasSubstr("column seen is a time in the zone Asia/Tokyo"));
    EXPECT_THAT(why(rows[i], "fixed"), HasSubstr("column fixed is binary"));
    EXPECT_THAT(why(rows[i], "pages"), HasSubstr("column element is binary"));
    EXPECT_THAT(why(rows[i], "note"), HasSubstr("column note is compressed with brotli"));
  }
}

/// make_long_list.py: 20,010,001 values in 769 bytes are no damage, and many are read where the
/// file has the bytes for them.
TEST(Unread, AChunkOfManyValuesIsReadOrNamed) {
  const std::string bytes =
      read_file(std::string(FLM_SOURCE_DIR) + "/tests/datasets/fixtures/long_list.parquet");
  const auto rows_of = [](const std::string& file) {
    return read_rows(file, "parquet", {}, "FILE").rows;
  };
  const std::vector<Json> rows = rows_of(bytes);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[1]["q"], "y");
  EXPECT_THAT(
      why(rows[0], "long"),
      HasSubstr("element is a chunk of 20010001 values in a file of 769 bytes, which is not"));
  std::uint32_t footer = 0;
  std::memcpy(&footer, bytes.data() + bytes.size() - 8, sizeof footer);
  std::string larger = bytes;
  larger.insert(bytes.size() - 8 - footer, 2000, '\0');  // no column points there
  const std::vector<Json> read = rows_of(larger);
  EXPECT_EQ(read[0]["long"].size(), 20'010'000u);
  EXPECT_TRUE(read[0]["long"][20'009'999].is_null());
  EXPECT_EQ(read[1]["long"], Json({7}));
}

TEST(Unread, TimestampsOf96BitsAreNamed) {
  const std::vector<Json> rows = fixture_rows("int96.parquet");
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_THAT(why(rows[0], "at"), HasSubstr("column at is a timestamp of 96 bits (INT96), which"));
  EXPECT_EQ(rows[0]["answer"], 1);
}

TEST(Unread, ValuesOfArrowArePassedOverWithTheirBuffers) {
  const std::vector<Json> rows = fixture_rows("unread.arrow");
  ASSERT_EQ(rows.size(), 3u);
  const Json read = {
      {{"question", "one"}, {"image", {{"path", "a.jpg"}}}, {"pages", {nullptr}}, {"answer", 1}},
      {{"question", "two"},
       {"image", nullptr},
       {"price", nullptr},
       {"seen", nullptr},
       {"pages", Json::array()},
       {"answer", 2},
       {"large", nullptr},
       {"half", nullptr}},
      {{"question", nullptr},
       {"image", {{"bytes", nullptr}, {"path", "c.jpg"}}},
       {"took", nullptr},
       {"fixed", nullptr},
       {"pages", {nullptr, nullptr}},
       {"answer", 3},
       {"seen_as", nullptr},
       {"counts", nullptr}}};
  const std::string last[] = {"x", "y", "z"};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Json expected = read[i];
    expected["last"] = last[i];
    EXPECT_EQ(without_unread_values(rows[i]), expected);
  }
  EXPECT_THAT(*why_unread(rows[0]["image"]["bytes"]), HasSubstr("column bytes is binary"));
  EXPECT_THAT(why(rows[0], "price"), HasSubstr("column price is a decimal"));
  EXPECT_THAT(why(rows[0], "took"), HasSubstr("column took is a duration"));
  EXPECT_THAT(why(rows[0], "seen"), HasSubstr("column seen is a time in the zone Asia/Tokyo"));
  EXPECT_THAT(why(rows[0], "seen_as"), HasSubstr("column seen_as is binary"));
  EXPECT_THAT(why(rows[0], "half"), HasSubstr("column half is a float of 16 bits"));
  EXPECT_THAT(why(rows[0], "counts"), HasSubstr("column counts is a map"));
}

}  // namespace
}  // namespace flm
