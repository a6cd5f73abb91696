#include "base/documents/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/documents/foreign_json.h"
#include "base/errors.h"
#include "tests/error_of.h"

namespace flm {
namespace {

std::string json_error_of(const std::string& text) {
  return error_of([&] { parse_json(text, "f.json"); });
}

TEST(Json, ReadsEveryKindAndKeepsKeyOrder) {
  const Json value = parse_json(
      R"({"z": [1, -2, 2.5, 1e3, true, false, null], "a": "\u00e9\ud83d\udc08\n\/", "m": {}})",
      "t");
  EXPECT_EQ(value.dump(), R"({"z":[1,-2,2.5,1000.0,true,false,null],"a":"é🐈\n/","m":{}})");
  EXPECT_TRUE(value["z"][0].is_number_integer());
  EXPECT_TRUE(value["z"][3].is_number_float());
}

TEST(Json, ReadsSixtyFourBitIntegersExactly) {
  EXPECT_EQ(parse_json("18446744073709551615", "t").get<uint64_t>(), 18446744073709551615u);
  EXPECT_EQ(parse_json("-9223372036854775808", "t").get<int64_t>(), INT64_MIN);
  EXPECT_EQ(json_error_of("[18446744073709551616]"),
            "f.json:1:2: invalid JSON: an integer beyond 64 bits (18446744073709551616); write it "
            "as a string");
}

TEST(Json, WritesIntegersToTheLastDigit) {
  const std::string numbers =
      "[0,-1,7,9223372036854775807,-9223372036854775808,9223372036854775808,18446744073709551615]";
  EXPECT_EQ(compact_json(parse_json(numbers, "t")), numbers);
  EXPECT_EQ(python_json_dumps(parse_json("[-9223372036854775808, 18446744073709551615]", "t")),
            "[-9223372036854775808, 18446744073709551615]");
}

/// 2^64 and the number that transformers writes for "no limit" are doubles; others stay as they
/// are.
TEST(Json, ForeignFilesMayHoldLargerIntegers) {
  const Json value = parse_foreign_json(
      "[18446744073709551616, 1000000000000000019884624838656, -18446744073709551616, 7]", "t");
  EXPECT_EQ(value[0].get<double>(), 18446744073709551616.0);
  EXPECT_EQ(value[1].get<double>(), 1e30);
  EXPECT_EQ(value[2].get<double>(), -18446744073709551616.0);
  EXPECT_TRUE(value[0].is_number_float());
  EXPECT_TRUE(value[3].is_number_integer());
  EXPECT_THROW(parse_foreign_json("{\"a\": 1, \"a\": 2}", "t"), UserError);
}

/// What pyarrow 26's JSON reader and pandas 3.1's ujson_loads make of it.
TEST(Json, ReadersDifferWhereJsonLeavesSomethingOpen) {
  const auto pandas = [](const char* text) {
    return parse_foreign_json(text, "t", JsonReader::kPandas).dump();
  };
  EXPECT_EQ(pandas(R"({"a": 1, "b": 0, "a": 2})"), R"({"a":2,"b":0})");
  EXPECT_EQ(pandas(R"(["x\ud83dy", "\ud83d\ude00"])"), "[\"xy\",\"\xF0\x9F\x98\x80\"]");
  EXPECT_THROW(pandas("18446744073709551616"), UserError);
  EXPECT_THROW(parse_foreign_json("[1e400]", "t", JsonReader::kArrow), UserError);
  EXPECT_EQ(parse_foreign_json("[1e400]", "t").dump(), "[null]") << "infinite";
  const auto values = parse_json_sequence("\n{\"a\":\n1} [2]3\r4", "t", JsonReader::kArrow, 7);
  ASSERT_EQ(values.size(), 4u);
  EXPECT_EQ(values[0].line, 9);
  EXPECT_EQ(values[1].line, 10);
  EXPECT_EQ(values[3].value, 4);
  EXPECT_EQ(error_of([] { parse_json_sequence("1\n,", "t", JsonReader::kArrow, 7); }).substr(0, 6),
            "t:9:1:");
}

TEST(Json, ReadsPythonsNonFiniteNumbers) {
  EXPECT_TRUE(std::isnan(parse_json("NaN", "t").get<double>()));
  EXPECT_EQ(parse_json("-Infinity", "t").get<double>(), -INFINITY);
  EXPECT_EQ(parse_json("1e999", "t").get<double>(), INFINITY);
  EXPECT_EQ(parse_json("1e-999", "t").get<double>(), 0.0);
}

TEST(Json, RefusesWithPlaceAndReason) {
  EXPECT_EQ(json_error_of("{\"a\": 1,\n \"é\": 2, \"a\": 3}"),
            "f.json:2:10: invalid JSON: duplicate key \"a\"; keep one");
  EXPECT_EQ(json_error_of("[1] 2"),
            "f.json:1:5: invalid JSON: text after the end of the JSON value");
  EXPECT_EQ(json_error_of("\"a\\ud800b\""),
            "f.json:1:3: invalid JSON: half of a surrogate pair, which is no character; remove it");
  EXPECT_EQ(json_error_of("\"é\xff\""), "f.json:1:3: invalid JSON: bytes that are not UTF-8");
  EXPECT_EQ(json_error_of("\xEF\xBB\xBF{}"),
            "f.json:1:1: invalid JSON: a byte order mark; save the file as UTF-8 without one");
}

TEST(Json, RefusesWhatPythonRefuses) {
  for (const char* text :
       {"",       " ",       "{",           "[1,]",    "{\"a\":1,}", "{a:1}",     "01",  "1.",
        ".5",     "+1",      "-",           "1e",      "1e+",        "tru",       "'a'", "\"a",
        "\"\t\"", "\"\\x\"", "\"\\u12g4\"", "\"\\u12", "[1 2]",      "{\"a\" 1}", "nan", "//\n1"}) {
    EXPECT_THROW(parse_json(text, "t"), UserError) << text;
  }
}

TEST(Json, LimitsNesting) {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_NO_THROW(parse_json(nested(200), "t"));
  EXPECT_THAT(json_error_of(nested(201)), testing::HasSubstr("nesting beyond 200 levels"));
  EXPECT_THAT(json_error_of(std::string(1000000, '[')),
              testing::HasSubstr("nesting beyond 200 levels"));
}

TEST(Json, DumpsAsPythonDoes) {
  const Json golden = read_json_file(FLM_SOURCE_DIR "/tests/base/documents/json_dumps_golden.json");
  ASSERT_GT(golden.size(), 10u);
  for (const Json& row : golden) {
    const Json value = parse_json(row["text"].get<std::string>(), "golden");
    EXPECT_EQ(python_json_dumps(value), row["plain"].get<std::string>());
    EXPECT_EQ(python_json_dumps(value, -1, true), row["ascii"].get<std::string>());
    EXPECT_EQ(python_json_dumps(value, 2), row["indented"].get<std::string>());
  }
}

TEST(Json, CompactIsStrict) {
  const Json value = {{"a", {1, 0.1, NAN, INFINITY}}, {"中", "x\n"}};
  EXPECT_EQ(compact_json(value), "{\"a\":[1,0.1,null,null],\"中\":\"x\\n\"}");
}

}  // namespace
}  // namespace flm
