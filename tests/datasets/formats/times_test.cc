// Dates and times of Parquet, Arrow and JSON print as the datasets library prints them.
#include "datasets/formats/times.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/system/files.h"
#include "datasets/formats/data_formats.h"
#include "tests/error_of.h"

namespace flm {
namespace {

using ::testing::HasSubstr;

std::string fixture(const std::string& name) {
  return std::string(FLM_SOURCE_DIR) + "/tests/datasets/fixtures/times/" + name;
}

std::vector<Json> rows_of(const std::string& name) {
  return read_rows(read_file(fixture(name)), format_of_name(name), {}, name).rows;
}

TEST(Times, OfFilesPrintAsPythonPrintsThem) {
  const Json expected = read_json_file(fixture("times.json"));
  for (const char* name : {"times.parquet", "times.arrow"})
    EXPECT_EQ(Json(rows_of(name)).dump(), expected.dump()) << name;
  const std::vector<Json> old = rows_of("old.parquet");  // without Arrow's own schema
  ASSERT_EQ(old.size(), expected.size());
  for (std::size_t i = 0; i < old.size(); ++i)
    for (const auto& [name, value] : old[i].items()) EXPECT_EQ(value, expected[i][name]) << name;
}

TEST(Times, WhatIsNoTextAndNoNumberIsRefusedByName) {
  EXPECT_THAT(error_of([] { rows_of("duration.parquet"); }), HasSubstr("duration is a duration"));
  EXPECT_THAT(error_of([] { rows_of("decimal.parquet"); }), HasSubstr("decimal is a decimal"));
  EXPECT_THAT(error_of([] { rows_of("binary.parquet"); }), HasSubstr("binary is binary"));
  EXPECT_THAT(error_of([] { rows_of("half.parquet"); }), HasSubstr("half is a float of 16 bits"));
  EXPECT_THAT(error_of([] { rows_of("zone.parquet"); }),
              HasSubstr("zone is a time in the zone Asia/Shanghai"));
}

/// What pyarrow 22's JSON reader takes for a time.
TEST(Times, OfJsonWithAZoneAreInUtc) {
  const auto time = [](const std::string& text) { return printed_iso_time(text).value_or("-"); };
  EXPECT_EQ(time("2020-01-02T03:04:05Z"), "2020-01-02 03:04:05");
  EXPECT_EQ(time("2021-03-04T05:06:07+08:00"), "2021-03-03 21:06:07");
  EXPECT_EQ(time("2020-01-02T03:04:05+0800"), "2020-01-01 19:04:05");
  EXPECT_EQ(time("2020-01-02 03:04:05-08"), "2020-01-02 11:04:05");
  EXPECT_EQ(time("2020-01-02T03+01"), "2020-01-02 02:00:00");
  EXPECT_EQ(time("2020-01-02T03:04+01:30"), "2020-01-02 01:34:00");
  EXPECT_EQ(time("2020-01-02T03Z"), "2020-01-02 03:00:00");
  EXPECT_EQ(time("2020-01-02T03:04:05+23:59"), "2020-01-01 03:05:05");
  EXPECT_EQ(time("2020-01-02"), "2020-01-02 00:00:00");
  for (const char* text :
       {"2020-01-02Z", "2020-01-02 03:04:05 Z", "2020-01-02T03:04:05.5Z", "2020-01-02T03:04:05z",
        "2020-01-02T03:04:05+24:00", "2020-01-02T03:04:05+08:60", "2020-01-02T030405Z",
        "2020-01-02T0304", "2020-01-02T03:04:60Z", "2020-02-30", "0001-01-01T00:00:00+01:00", ""})
    EXPECT_EQ(time(text), "-") << text;
}

}  // namespace
}  // namespace flm
