#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "datasets/compression/archive.h"
#include "datasets/formats/csv.h"
#include "datasets/formats/data_formats.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::vector<std::string>> cells(const std::string& text) {
  std::vector<std::vector<std::string>> out;
  for (CsvRecord& record : parse_csv(text, ',', "t.csv")) out.push_back(std::move(record.cells));
  return out;
}

TEST(Csv, ReadsQuotesLineEndsAndEmptyCells) {
  EXPECT_THAT(cells("\xEF\xBB\xBF"
                    "a,\"b,\"\"c\"\"\",\r\n\r\n\"two\nlines\",,x"),
              ElementsAre(ElementsAre("a", "b,\"c\"", ""), ElementsAre("two\nlines", "", "x")));
  EXPECT_THAT(cells("5\" disk,b\n"), ElementsAre(ElementsAre("5\" disk", "b")));
  EXPECT_THAT(cells(""), ElementsAre());
  EXPECT_THAT(cells("\"\"\n"), ElementsAre(ElementsAre("")));
}

TEST(Csv, NamesTheLineOfAFault) {
  EXPECT_THAT(error_of([] { cells("a\n\"b\n\nc"); }),
              HasSubstr("t.csv:2: a quoted cell that never closes"));
  EXPECT_THAT(cells("a\n\"b\"c\n"), ElementsAre(ElementsAre("a"), ElementsAre("bc")));
  EXPECT_THAT(error_of([] { cells("\xff"); }), HasSubstr("not UTF-8"));
}

TEST(Rows, ComeOutOfEveryFormat) {
  const auto dump = [](const std::string& text, const std::string& format,
                       const std::vector<std::string>& header = {}) {
    return Json(read_rows(text, format, header, "f").rows).dump();
  };
  EXPECT_EQ(dump("b,a\n1,2\n", "csv"), R"([{"b":"1","a":"2"}])");
  EXPECT_EQ(dump("1,2\n", "csv", {"q", "r"}), R"([{"q":"1","r":"2"}])");
  EXPECT_EQ(dump("a\tb\r\n\"x\ty\n", "tsv"), R"([{"a":"\"x","b":"y"}])");
  EXPECT_EQ(dump("{\"a\": 1}\n\n{\"a\": 2}\n", "jsonl"), R"([{"a":1},{"a":2}])");
  EXPECT_EQ(dump("[{\"a\": 1}]", "json"), R"([{"a":1}])");
  EXPECT_EQ(dump("{\"examples\": [\n{\"a\": 1}]}", "json"), R"([{"a":1}])");
  EXPECT_EQ(dump("{\"a\": 1}\n{\"a\": 2}", "json"), R"([{"a":1},{"a":2}])");
  EXPECT_EQ(dump("x\ny", "text"), R"([{"text":"x"},{"text":"y"}])");
  EXPECT_THAT(error_of([&] { dump("a,b\n1\n", "csv"); }), HasSubstr("f:2: 1 cells"));
  EXPECT_THAT(error_of([&] { dump("{}\n[1]\n", "jsonl"); }), HasSubstr("f:2: a row must be"));
}

// Many lines are parsed by several threads, a stretch each.
TEST(Readers, LongJsonLinesKeepTheirOrderAndTheFirstFault) {
  std::string text;
  for (int i = 1; i <= 20'000; ++i)
    text += i % 7 == 0 ? "\n" : "{\"line\": " + std::to_string(i) + "}\n";
  const SourceRows read = read_rows(text, "jsonl", {}, "f");
  ASSERT_EQ(read.rows.size(), 20'000U - 20'000 / 7);
  for (std::size_t i = 0; i < read.rows.size(); ++i)
    ASSERT_EQ(read.rows[i].at("line").get<int>(), read.lines[i]);
  const auto with_faults = [&](int first, int last) {
    std::string out;
    for (int i = 1; i <= 20'000; ++i) out += i >= first && i <= last ? "[1]\n" : "{}\n";
    return out;
  };
  for (int first : {1, 2'048, 2'049, 9'999, 19'999})
    EXPECT_THAT(error_of([&] { read_rows(with_faults(first, 20'000), "jsonl", {}, "f"); }),
                HasSubstr("f:" + std::to_string(first) + ": a row must be"));
}

TEST(Gzip, ReadsSeveralMembersAndRefusesDamage) {
  namespace fs = std::filesystem;
  const TemporaryFolder folder;
  const fs::path path = folder / "flm_members.gz";
  for (const char* text : {"one ", "two"}) {
    gzFile file = gzopen(path.c_str(), "ab");
    gzwrite(file, text, static_cast<unsigned>(std::string(text).size()));
    gzclose(file);
  }
  const std::string plain = (path.parent_path() / "flm_members").string();
  const auto found = find_file(path.parent_path().string(), "flm_members");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->bytes, "one two");
  EXPECT_EQ(found->path, plain + ".gz");
  std::ifstream in(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  for (std::size_t n = 0; n < bytes.size() - 1; ++n) {
    if (n == 24) continue;  // exactly the first member
    if (gunzip(bytes.substr(0, bytes.size()), "x").size() != 7) FAIL();
    const std::string error = error_of([&] { gunzip(bytes.substr(0, n), "x.gz"); });
    EXPECT_THAT(error, HasSubstr("cannot read x.gz")) << n;
  }
  fs::remove(path);
}

}  // namespace
}  // namespace flm
