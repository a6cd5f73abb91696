// Local data in the forms that lm-evaluation-harness's users write; what is expected is what
// datasets 5.2 with pandas gives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/system/files.h"
#include "datasets/compression/archive.h"
#include "datasets/compression/packed_file.h"
#include "datasets/dataset.h"
#include "datasets/formats/data_formats.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class LocalForms : public ::testing::Test {
 protected:
  LocalForms() {
    fs::create_directories(folder_ / "sub");
    write("a.jsonl", "{\"q\": 1}\n");
    write("b.jsonl", "{\"q\": 2}\n");
    write("sub/test.jsonl", "{\"q\": 3}\n");
    setenv("HF_HOME", (folder_ / "none").c_str(), 1);
  }
  ~LocalForms() override { unsetenv("HF_HOME"); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  std::string rows(const std::string& path, const std::string& kwargs,
                   const std::string& split = "test") const {
    const DatasetRequest request{path, "", kwargs, folder_.string() + "/"};
    return Json(DatasetCatalog("").load(request, split)->rows).dump();
  }
  std::string failure(const std::string& path, const std::string& kwargs,
                      const std::string& split = "test") const {
    return error_of([&] { rows(path, kwargs, split); });
  }
  const TemporaryFolder made_;
  const fs::path folder_ = made_.path();
};

TEST_F(LocalForms, FilesFoldersAndPatterns) {
  const std::string fixtures = std::string(FLM_SOURCE_DIR) + "/tests/datasets/fixtures/times/";
  EXPECT_EQ(rows("json", R"({"data_files": {"test": "a.jsonl"}})"), R"([{"q":1}])");
  EXPECT_EQ(rows("json", R"({"data_files": {"test": "[ab].jsonl"}})"), R"([{"q":1},{"q":2}])");
  EXPECT_EQ(rows("json", R"({"data_files": {"test": ["*.jsonl", "sub/*.jsonl"]}})"),
            R"([{"q":1},{"q":2},{"q":3}])");
  EXPECT_EQ(rows("json", R"({"data_files": {"test": "**/t?st.jsonl"}})"), R"([{"q":3}])");
  EXPECT_EQ(rows("json", R"({"data_dir": "sub"})"), R"([{"q":3}])");
  EXPECT_EQ(rows("json", R"({"data_dir": "sub", "data_files": {"test": "test.jsonl"}})"),
            R"([{"q":3}])");
  EXPECT_EQ(rows("json", R"({"data_files": "b.jsonl"})", "train"), R"([{"q":2}])");
  EXPECT_EQ(rows((folder_ / "sub").string(), ""), R"([{"q":3}])");
  EXPECT_EQ(rows("./sub", ""), R"([{"q":3}])");
  EXPECT_EQ(rows("./sub", R"({"data_files": {"test": "*.jsonl"}})"), R"([{"q":3}])");
  for (const char* format : {"parquet", "arrow"})
    EXPECT_THAT(
        rows(format, "{\"data_files\": {\"test\": \"" + fixtures + "times." + format + "\"}}"),
        HasSubstr(R"("micros":"2020-01-02 03:04:05")"));
}

TEST_F(LocalForms, NdjsonIsJsonLines) {
  fs::create_directories(folder_ / "lines");
  write("lines/test.ndjson", "{\"q\": 1}\n{\"q\": 2.5}\n");
  EXPECT_EQ(rows("./lines", ""), R"([{"q":1.0},{"q":2.5}])");
  EXPECT_EQ(format_of_name("a.ndjson.gz"), "jsonl");
}

/// The first split of a folder (train, validation, test) decides the types, as that of data_files.
TEST_F(LocalForms, TheFirstSplitOfAFolderDecidesTheTypes) {
  fs::create_directories(folder_ / "typed");
  write("typed/my_train_1.jsonl", "{\"a\": 1.5, \"m\": {\"u\": 1, \"w\": 2}}\n");
  write("typed/eval.jsonl", "{\"m\": {\"w\": 3, \"u\": 4}, \"a\": 2}\n");
  const char* const typed = R"([{"a":2.0,"m":{"u":4,"w":3}}])";
  EXPECT_EQ(rows("json", R"({"data_dir": "typed"})"), typed);
  EXPECT_EQ(rows("./typed", ""), typed);
  EXPECT_EQ(rows("typed", ""), typed);
  EXPECT_EQ(rows("json", R"({"data_files": {"x": "typed/my*", "test": "typed/eval.jsonl"}})"),
            typed);
  write("typed/own.jsonl", "{\"a\": 1, \"m\": {\"u\": 1, \"w\": 2}}\n");
  EXPECT_EQ(rows("json", R"({"data_files": {"test": "typed/eval.jsonl", "x": "typed/own.jsonl"}})"),
            R"([{"m":{"w":3,"u":4},"a":2}])");
  const DatasetCatalog catalog("");
  const DatasetRequest request{"./typed", "", "", folder_.string() + "/"};
  catalog.load(request, "test");
  const auto train = catalog.load(request, "train");
  EXPECT_EQ(catalog.load(request, "train"), train);  // read once
}

TEST_F(LocalForms, TablesOfAFolderAreTyped) {
  fs::create_directories(folder_ / "tables");
  write("tables/train.tsv", "q\ta\n\"x\ty\"\t\n");
  write("tables/testing.tsv", "q\ta\nNA\tTrue\n");
  EXPECT_EQ(rows("./tables", ""), R"([{"q":null,"a":1.0}])");  // nothing in train: fractions
  EXPECT_EQ(rows("./tables", "", "train"), R"([{"q":"x\ty","a":null}])");
}

/// As pandas reads an object: by column.
TEST_F(LocalForms, AFieldMayHoldColumns) {
  const std::string kwargs = R"({"data_files": {"test": "f.json"}, "field": "data"})";
  write("f.json", R"({"data": {"a": [1, 2], "b": ["x", "y"]}})");
  EXPECT_EQ(rows("json", kwargs), R"([{"a":1,"b":"x"},{"a":2,"b":"y"}])");
  write("f.json", R"({"data": {"a": [1, 2], "b": ["x"]}})");
  EXPECT_THAT(failure("json", kwargs), HasSubstr("lists of one length by column: data"));
  write("f.json", R"({"data": {"a": 1}})");
  EXPECT_THAT(failure("json", kwargs), HasSubstr("lists of one length by column: data"));
}

TEST_F(LocalForms, TextThatIsNotUtf8NamesFileAndLine) {
  write("latin.txt", "one\nd\xE9j\xE0 vu\n");
  EXPECT_THAT(failure("text", R"({"data_files": {"test": "latin.txt"}})"),
              HasSubstr("latin.txt:2: not UTF-8; save the text as UTF-8"));
}

TEST_F(LocalForms, WhatIsNotThereIsNamed) {
  EXPECT_THAT(failure("json", ""), HasSubstr("needs dataset_kwargs: {data_files"));
  EXPECT_THAT(failure("json", R"({"data_files": {"test": "x*.jsonl"}})"), HasSubstr("x*.jsonl"));
  EXPECT_THAT(failure("json", R"({"data_files": {"test": "none.jsonl"}})"),
              HasSubstr("none.jsonl"));
  EXPECT_THAT(failure("json", R"({"data_files": {"test": [1]}})"), HasSubstr("[1]"));
  EXPECT_THAT(failure("json", R"({"data_files": {"test": "a.jsonl"}})", "dev"),
              HasSubstr("no split dev; it has test"));
  EXPECT_THAT(failure("json", R"({"data_dir": "nowhere"})"), HasSubstr("nowhere"));
  EXPECT_THAT(failure("json", R"({"data_dir": 5})"), HasSubstr("must be a folder: 5"));
  EXPECT_THAT(failure("./nowhere", ""), HasSubstr("./nowhere"));
  EXPECT_THAT(failure("./sub", "", "dev"), HasSubstr("./sub"));
  EXPECT_THAT(failure("nobody/has_it", ""),
              HasSubstr("hf download --repo-type dataset nobody/has_it"));
  EXPECT_THAT(failure("csv", R"({"data_files": {"test": "a.jsonl"}, "column_names": [1, 2]})"),
              HasSubstr("column_names must be a list of names: [1,2]"));
  EXPECT_THAT(failure("text", R"({"data_files": {"test": "a.jsonl"}, "sample_by": 3})"),
              HasSubstr("sample_by must be text: 3"));
}

/// What would change the rows is followed or refused, whatever else the library takes is not asked.
TEST_F(LocalForms, KeysOfDatasetKwargs) {
  const auto with = [&](const std::string& more) {
    return R"({"data_files": {"test": "a.jsonl"}, )" + more + "}";
  };
  const std::string plain = rows("json", R"({"data_files": {"test": "a.jsonl"}})");
  for (const char* more : {R"("trust_remote_code": true)", R"("streaming": true, "num_proc": 4)",
                           R"("revision": "main")", R"("field": null)", R"("foo": null)",
                           R"("cache_dir": "c", "token": "t", "download_mode": "x")"})
    EXPECT_EQ(rows("json", with(more)), plain) << more;
  const std::pair<const char*, const char*> refused[] = {
      {R"("feild": "x")",
       "dataset_kwargs: feild is not followed and may change the rows; did you "
       "mean field? (value: \"x\")"},
      {R"("skiprows": 1)", "skiprows is not followed"},
      {R"("header": null)", "header is not followed"},
      {R"("quotechar": "'")", "quotechar is not followed"},
      {R"("keep_default_na": false)", "keep_default_na is not followed"},
      {R"("encoding": "latin1")", "encoding is not followed"},
      {R"("revision": "v2")", "revision is not followed"},
      {R"("split": "test")", "split is not followed"}};
  for (const auto& [more, why] : refused)
    EXPECT_THAT(failure("json", with(more)), HasSubstr(why)) << more;
}

TEST_F(LocalForms, AFolderOfTheNameIsTakenWhereNothingElseHasIt) {
  EXPECT_EQ(rows("sub", ""), R"([{"q":3}])");
  EXPECT_THAT(failure("nosub", ""), HasSubstr("hf download --repo-type dataset nosub"));
}

/// '{"q": 1}\n' and '{"q": 2}\n' as two streams one after the other, by Python's bz2 and lzma and
/// by the programs zstd, pzstd and lz4.
struct TwoStreams {
  const char* ending;
  const char* hex;
};
constexpr TwoStreams kTwoStreams[] = {
    {".bz2",
     "425a68393141592653593e781e0a000003d880001050002010200a2000310c08203349191944f17724538509"
     "03e781e0a0425a68393141592653593c11eb83000003d880001050001010200a2000310c08203349191944f1"
     "772453850903c11eb830"},
    {".xz",
     "fd377a585a0000016922de360200210116000000742fe5a30100087b2271223a20317d0a00000000343d993b"
     "00011d09936136a69042990d010000000001595afd377a585a0000016922de360200210116000000742fe5a3"
     "0100087b2271223a20327d0a000000006d83df3900011d09936136a69042990d010000000001595a"},
    {".zst",
     "28b52ffd04584900007b2271223a20317d0a787865f428b52ffd04584900007b2271223a20327d0a44afac4b"},
    {".zst",
     "502a4d18040000001600000028b52ffd04584900007b2271223a20317d0a787865f4502a4d18040000001600"
     "000028b52ffd04584900007b2271223a20327d0a44afac4b"},
    {".lz4",
     "04224d186440a7090000807b2271223a20317d0a00000000aadd75e204224d186440a7090000807b2271223a"
     "20327d0a0000000033459050"}};

std::string from_hex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return out;
}

TEST_F(LocalForms, PackedFilesAreUnpackedUnderAnyName) {
  for (const TwoStreams& made : kTwoStreams) {
    const std::string bytes = from_hex(made.hex), name = std::string("p.jsonl") + made.ending;
    const bool skips = bytes[0] == '\x50';  // is zstd's by its name alone
    write(name, bytes);
    write("packed.jsonl", skips ? "{\"q\": 1}\n{\"q\": 2}\n" : bytes);
    EXPECT_EQ(rows("json", R"({"data_files": {"test": ")" + name + R"("}})"),
              R"([{"q":1},{"q":2}])")
        << name;
    EXPECT_EQ(rows("json", R"({"data_files": {"test": "packed.jsonl"}})"), R"([{"q":1},{"q":2}])")
        << name;
    EXPECT_EQ(format_of_name(name), "jsonl");
  }
}

TEST_F(LocalForms, DamagedPackedFilesAreRefused) {
  for (const TwoStreams& made : kTwoStreams) {
    const std::string bytes = from_hex(made.hex), path = std::string("p") + made.ending;
    EXPECT_EQ(unpack_file(bytes, path, 18).size(), 18u);
    EXPECT_THAT(error_of([&] { unpack_file(bytes, path, 17); }),
                HasSubstr("more than 17 bytes when unpacked; unpack it yourself"));
    EXPECT_THAT(error_of([&] { unpack_file(bytes.substr(0, bytes.size() - 5), path); }),
                HasSubstr("fetch it again: " + path));
    std::string damaged = bytes;
    damaged[bytes.size() - 15] ^= 0x40;
    EXPECT_THAT(error_of([&] { unpack_file(damaged, path); }),
                HasSubstr("fetch it again: " + path));
    EXPECT_THAT(error_of([&] { unpack_file("{\"q\": 1}\n", path); }),
                HasSubstr("its bytes are not what its ending " + std::string(made.ending)));
  }
  EXPECT_EQ(unpack_file("BZh9 begins a text", "t.txt"), "BZh9 begins a text");
}

TEST_F(LocalForms, WhatLiesInAnArchiveOrElsewhereIsSaid) {
  using namespace std::string_literals;
  write("packed.jsonl", "PK\x03\x04x"s);
  EXPECT_THAT(failure("json", R"({"data_files": {"test": "packed.jsonl"}})"),
              HasSubstr("a zip archive is no data file; unpack it"));
  for (const char* address : {"https://x/y.jsonl", "hf://datasets/a/b/y.jsonl"})
    EXPECT_THAT(failure("json", "{\"data_files\": {\"test\": \""s + address + "\"}}"),
                HasSubstr("nothing is fetched here; download it"));
}

TEST_F(LocalForms, CsvAsPandasReadsIt) {
  const auto table = [&](const std::string& text) {
    write("t.csv", text);
    return rows("csv", R"({"data_files": {"test": "t.csv"}})");
  };
  EXPECT_EQ(table("q,a,q\n1,2,3\n"), R"([{"q":1,"a":2,"q.1":3}])");
  EXPECT_EQ(table("a,a,a.1,a\n1,2,3,4\n"), R"([{"a":1,"a.2":2,"a.1":3,"a.3":4}])");
  EXPECT_EQ(table(",q,,q\n1,2,3,4\n"), R"([{"Unnamed: 0":1,"q":2,"Unnamed: 2":3,"q.1":4}])");
  EXPECT_EQ(table("a,b\n\"x\"y,\"z\"\n"), R"([{"a":"xy","b":"z"}])");
  EXPECT_EQ(table("\xEF\xBB\xBF"
                  "a\n5\n"),
            R"([{"a":5}])");
}

TEST_F(LocalForms, MarksAndZones) {
  write("m.jsonl", "\xEF\xBB\xBF{\"q\": NaN}\n{\"q\": 2}\n");
  EXPECT_THAT(rows("json", R"({"data_files": {"test": "m.jsonl"}})"), HasSubstr("2.0"));
  write("z.jsonl", "{\"q\": \"2020-01-02T03:04:05Z\"}\n{\"q\": \"2021-03-04T05:06:07+08:00\"}\n");
  EXPECT_EQ(rows("json", R"({"data_files": {"test": "z.jsonl"}})"),
            R"([{"q":"2020-01-02 03:04:05"},{"q":"2021-03-03 21:06:07"}])");
}

std::string gzipped(const std::string& text) {
  const TemporaryFolder folder;
  const std::string path = folder / "piece.gz";
  const gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
  gzclose(file);
  return read_file(path);
}

/// zlib counts in 32 bits: what is longer goes in pieces, across the ends of members too.
TEST(Gunzip, InPiecesMembersAndPadding) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += std::to_string(i * 7919 % 10007) + " ";
  const std::string two = gzipped(text) + gzipped("end");
  for (std::size_t piece : {std::size_t{1}, std::size_t{7}, two.size() - 1, two.size()})
    EXPECT_EQ(gunzip(two, "f", kMostUnpackedBytes, piece), text + "end") << piece;
  EXPECT_EQ(gunzip(two + std::string(512, '\0'), "f"), text + "end");
  EXPECT_THAT(error_of([&] { gunzip(two + std::string(3, '\0') + "x", "f"); }), HasSubstr("f"));
  EXPECT_THAT(error_of([&] { gunzip(two.substr(0, two.size() - 4), "f", kMostUnpackedBytes, 5); }),
              HasSubstr("f"));
}

/// What gives more than its size allows is refused with the remedy; the allowance grows with it.
TEST(Gunzip, HowMuchMayComeOut) {
  const std::string zeros = gzipped(std::string(100'000, '\0'));
  EXPECT_EQ(gunzip(zeros, "f", 100'000).size(), 100'000u);
  EXPECT_THAT(error_of([&] { gunzip(zeros, "f", 99'999); }),
              HasSubstr("unpack it yourself if that is right: f"));
  EXPECT_EQ(most_unpacked_bytes(1000), kMostUnpackedBytes);
  EXPECT_EQ(most_unpacked_bytes(std::size_t{1} << 30), std::size_t{64} << 30);
}

/// ISIZE, the size at a gzip file's end, has 32 bits: nothing here may believe it. Takes 10 GiB of
/// memory.
TEST(Gunzip, BeyondFourGibibytes) {
  if (!std::getenv("FLM_BIG_GZIP")) GTEST_SKIP() << "skipped: set FLM_BIG_GZIP=1, it takes 10 GiB";
  std::string part;
  for (std::uint64_t i = 0, x = 1; i < (1 << 24); ++i) {
    x = x * 6364136223846793005u + 1442695040888963407u;
    part += "0123456789abcdef"[x >> 60];
  }
  const std::string member = gzipped(part);
  constexpr std::size_t kMembers = 260;  // 260 * 2^24 bytes: 4 GiB and 64 MiB
  std::string bytes;
  for (std::size_t i = 0; i < kMembers; ++i) bytes += member;
  const std::string text = gunzip(bytes, "f");
  ASSERT_EQ(text.size(), kMembers * part.size());
  EXPECT_EQ(text.substr(text.size() - part.size()), part);
}

}  // namespace
}  // namespace flm
