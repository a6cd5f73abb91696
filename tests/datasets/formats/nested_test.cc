// The column shapes of the hub's sets in every codec, page version and encoding that pyarrow
// writes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <lz4.h>

#include <nlohmann/json.hpp>

#include "base/system/files.h"
#include "datasets/compression/decompress.h"
#include "datasets/formats/arrow/reader.h"
#include "datasets/formats/parquet/reader.h"
#include "tests/error_of.h"

namespace flm {
namespace {

using ::testing::HasSubstr;

std::string bytes_of(const std::string& name) {
  return read_file(std::string(FLM_SOURCE_DIR) + "/tests/datasets/fixtures/nested/" + name);
}

void expect_rows(const SourceRows& rows) {
  static const Json expected = parse_json(bytes_of("rows.json"), "rows.json");
  ASSERT_EQ(rows.rows.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_EQ(rows.rows[i].dump(), expected[i].dump()) << "row " << i;
}

class NestedParquet : public ::testing::TestWithParam<const char*> {};

TEST_P(NestedParquet, GivesTheRowsInEveryPageVersionAndEncoding) {
  for (const char* kind : {"v1-dictionary", "v1-plain", "v2-dictionary", "v2-plain"}) {
    const std::string name = std::string(GetParam()) + "-" + kind + ".parquet";
    SCOPED_TRACE(name);
    expect_rows(parquet_rows(bytes_of(name), name));
  }
}

TEST_P(NestedParquet, ACutPageIsNamed) {
  // The bytes of the first pages are lost; the footer is whole.
  const std::string name = std::string(GetParam()) + "-v1-plain.parquet";
  std::string bytes = bytes_of(name);
  for (std::size_t at = 4; at < bytes.size() / 4; ++at) bytes[at] = static_cast<char>(0x5a);
  EXPECT_THAT(error_of([&] { parquet_rows(bytes, name); }), HasSubstr("damaged")) << name;
}

INSTANTIATE_TEST_SUITE_P(Codecs, NestedParquet,
                         ::testing::Values("none", "snappy", "gzip", "zstd", "lz4"),
                         [](const auto& codec) { return std::string(codec.param); });

TEST(NestedArrow, CompressedBuffersGiveTheRows) {
  for (const char* name : {"lz4.arrow", "zstd.arrow"}) {
    SCOPED_TRACE(name);
    expect_rows(arrow_rows(bytes_of(name), name));
  }
}

TEST(Parquet, AFullDictionaryGoesOnInPlainPages) {
  const SourceRows rows = parquet_rows(bytes_of("fallback.parquet"), "fallback.parquet");
  ASSERT_EQ(rows.rows.size(), 60u);
  EXPECT_EQ(rows.rows[0]["text"], "0000 " + std::string(60, 'x'));
  EXPECT_EQ(rows.rows[59]["text"], "0059 " + std::string(60, 'x'));
}

TEST(Parquet, TheDeltaAndSplitEncodingsGiveTheRows) {
  const SourceRows rows = parquet_rows(bytes_of("encodings.parquet"), "encodings.parquet");
  const Json expected = parse_json(bytes_of("encodings.json"), "encodings.json");
  ASSERT_EQ(rows.rows.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(rows.rows[i], expected[i]) << i;
}

TEST(NestedArrow, AFileWhoseMessagesOnlyTheFooterFinds) {
  EXPECT_EQ(Json(arrow_rows(bytes_of("polars.arrow"), "polars.arrow").rows).dump(),
            R"([{"text":"one","list":[1,2]},{"text":null,"list":[]},)"
            R"({"text":"a text of more than twelve bytes","list":null}])");
}

TEST(Parquet, WhatIsNotReadIsNamedWithTheRemedy) {
  EXPECT_THAT(error_of([] { parquet_rows(bytes_of("brotli.parquet"), "b.parquet"); }),
              HasSubstr("is compressed with brotli, which is not read; let the datasets library"));
}

/// 40,000 bytes as each decoder packs them: one LZ4 block, and frames taken from the fixtures'
/// writer are tested above.
TEST(Decompress, BelievesNoSize) {
  const std::string text(40'000, 'a');
  std::string block(64'000, '\0');
  const int size = LZ4_compress_default(text.data(), block.data(), 40'000, 64'000);
  ASSERT_GT(size, 0);
  block.resize(static_cast<std::size_t>(size));
  EXPECT_EQ(decompress(Compression::kLz4Block, block, text.size(), "x"), text);
  EXPECT_THAT(error_of([&] { decompress(Compression::kLz4Block, block, 39'999, "x"); }),
              HasSubstr("damaged LZ4 data; fetch the file again: x"));
  EXPECT_THAT(error_of([&] { decompress(Compression::kLz4Block, block, 40'001, "x"); }),
              HasSubstr("damaged data: 40000 bytes where 40001 were promised"));
  EXPECT_THAT(error_of([&] { decompress(Compression::kNone, "abc", 4, "x"); }),
              HasSubstr("3 bytes where 4 were promised"));
  EXPECT_THAT(error_of([&] { decompress(Compression::kZstd, "abc", std::uint64_t{1} << 33, "x"); }),
              HasSubstr("more than 4 GiB is not read"));
  EXPECT_THAT(error_of([&] { decompress(Compression::kZstd, "abcdefgh", 100, "x"); }),
              HasSubstr("damaged zstd data"));
  EXPECT_THAT(error_of([&] { decompress(Compression::kLz4Frame, "abcdefgh", 100, "x"); }),
              HasSubstr("damaged LZ4 data"));
}

}  // namespace
}  // namespace flm
