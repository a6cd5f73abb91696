// Arrow files of the `datasets` library and hub snapshots, as pyarrow wrote them (fixtures/).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/system/files.h"
#include "datasets/dataset.h"
#include "datasets/formats/arrow/reader.h"
#include "datasets/formats/parquet/reader.h"
#include "datasets/sources/hub_cache.h"
#include "datasets/sources/path_patterns.h"
#include "datasets/sources/split_names.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

const std::string kFixtures = std::string(FLM_SOURCE_DIR) + "/tests/datasets/fixtures/";

std::string bytes_of(const std::string& name) { return read_file(kFixtures + name); }

Json expected_rows() { return parse_json(bytes_of("all_types.json"), "all_types.json"); }

TEST(Arrow, StreamsFilesAndCompressedBuffersGiveTheRowsInOrder) {
  for (const char* name : {"all_types.stream.arrow", "all_types.file.arrow", "compressed.arrow"}) {
    SCOPED_TRACE(name);
    const SourceRows rows = arrow_rows(bytes_of(name), name);
    const Json expected = expected_rows();
    ASSERT_EQ(rows.rows.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i)
      EXPECT_EQ(rows.rows[i].dump(), expected[i].dump());
  }
}

TEST(Arrow, TextViewsAreRead) {
  const SourceRows rows = arrow_rows(bytes_of("views.arrow"), "views.arrow");
  EXPECT_EQ(Json(rows.rows).dump(),
            R"([{"text":"short"},{"text":null},{"text":"longer than twelve bytes"}])");
}

TEST(Arrow, DamageIsNamed) {
  const std::string whole = bytes_of("all_types.stream.arrow");
  for (const std::size_t size : {std::size_t{3}, std::size_t{100}, whole.size() / 2})
    EXPECT_THAT(error_of([&] { arrow_rows(whole.substr(0, size), "c.arrow"); }),
                HasSubstr("damaged Arrow"));
  EXPECT_THAT(error_of([] { arrow_rows("", "c.arrow"); }), HasSubstr("damaged Arrow"));
}

TEST(Parquet, EveryKindOfPageGivesTheRows) {
  Json expected = expected_rows();
  for (Json& row : expected)
    for (const char* key : {"kind", "pair"}) row.erase(key);
  for (const char* name : {"plain.parquet", "snappy.parquet", "gzip.parquet", "zstd.parquet"}) {
    SCOPED_TRACE(name);
    const SourceRows rows = parquet_rows(bytes_of(name), name);
    ASSERT_EQ(rows.rows.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i)
      EXPECT_EQ(rows.rows[i].dump(), expected[i].dump());
  }
}

TEST(Parquet, DamageIsNamed) {
  const std::string whole = bytes_of("snappy.parquet");
  EXPECT_THAT(error_of([&] { parquet_rows(whole.substr(0, 900), "s.parquet"); }),
              HasSubstr("damaged Parquet file; fetch it again: s.parquet"));
}

/// A home with Hugging Face's caches, and nothing of the tester's own.
class HuggingFaceCache : public ::testing::Test {
 protected:
  HuggingFaceCache() {
    for (const char* name : {"HF_DATASETS_CACHE", "HF_HUB_CACHE"}) unsetenv(name);
    setenv("HF_HOME", home_.c_str(), 1);
  }
  ~HuggingFaceCache() override { unsetenv("HF_HOME"); }

  void put(const std::string& path, const std::string& bytes) const {
    fs::create_directories((home_ / path).parent_path());
    std::ofstream(home_ / path, std::ios::binary) << bytes;
  }

  const TemporaryFolder made_;
  const fs::path home_ = made_.path();
};

/// What the catalogue finds of an id without a manifest; null where it says to download it.
std::shared_ptr<const DatasetSplit> found(const std::string& id, const std::string& name,
                                          const std::string& split) {
  try {
    return DatasetCatalog("").load({id, name, "", ""}, split);
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("type: hf download --repo-type dataset " + id));
    return nullptr;
  }
}

TEST_F(HuggingFaceCache, TheLibrarysArrowFilesAreFound) {
  const std::string build = "datasets/Some___few_clue/chid/0.0.0/abc123/";
  put(build + "few_clue-test-00000-of-00002.arrow", bytes_of("all_types.stream.arrow"));
  put(build + "few_clue-test-00001-of-00002.arrow", bytes_of("all_types.stream.arrow"));
  EXPECT_EQ(found("Some/FewCLUE", "chid", "test"), nullptr) << "being written";
  put(build + "dataset_info.json", "{}");
  const auto split = found("Some/FewCLUE", "chid", "test");
  ASSERT_NE(split, nullptr);
  EXPECT_EQ(split->rows.size(), 2 * expected_rows().size());
  EXPECT_EQ(split->files.size(), 2u);
  EXPECT_EQ(found("Some/FewCLUE", "chid", "train"), nullptr);
  EXPECT_EQ(found("Some/FewCLUE", "csl", "test"), nullptr);
}

TEST_F(HuggingFaceCache, AManifestsSetComesFromTheCacheWhereTheRootHasNone) {
  const std::string build = "datasets/allenai___ai2_arc/ARC-Easy/0.0.0/h/";
  put(build + "ai2_arc-test.arrow", bytes_of("all_types.stream.arrow"));
  put(build + "dataset_info.json", "{}");
  const DatasetCatalog catalog("");
  const auto split = catalog.load({"allenai/ai2_arc", "ARC-Easy", "", ""}, "test");
  EXPECT_EQ(split->rows[1]["id"], "Q1");
  EXPECT_FALSE(split->builtin_sample);
  for (const DatasetStatus& set : dataset_statuses("", false))
    if (set.name == "arc") {
      EXPECT_THAT(set.found, HasSubstr("allenai___ai2_arc"));
    }
}

TEST_F(HuggingFaceCache, HubSnapshotsFollowTheirReadme) {
  const std::string set = "hub/datasets--org--set/", snapshot = set + "snapshots/rev2/";
  put(set + "refs/main", "rev2\n");
  put(set + "snapshots/rev9/en/test.jsonl", "{\"x\": 9}\n");
  put(snapshot + "README.md",
      "---\nconfigs:\n- config_name: en\n  default: true\n  data_files:\n  - split: test\n"
      "    path: en/part-*.jsonl\n- config_name: zh\n  data_files: zh/*.csv\n---\ntext\n");
  put(snapshot + "en/part-1.jsonl", "{\"x\": 1}\n");
  put(snapshot + "en/part-2.jsonl", "{\"x\": 2}\n");
  put(snapshot + "en/other.jsonl", "{\"x\": 3}\n");
  put(snapshot + "zh/dev.csv", "x\n4\n");
  const auto rows = [](const std::string& name, const std::string& split) {
    const auto one = found("org/set", name, split);
    return one ? Json(one->rows).dump() : std::string("none");
  };
  EXPECT_EQ(rows("en", "test"), R"([{"x":1},{"x":2}])");
  EXPECT_EQ(rows("", "test"), R"([{"x":1},{"x":2}])");
  EXPECT_EQ(rows("zh", "train"), R"([{"x":4}])") << "a pattern without a split is train's";
  EXPECT_EQ(rows("zh", "test"), "none");
}

TEST_F(HuggingFaceCache, SnapshotsWithoutAReadmeAreReadByTheirNames) {
  const std::string snapshot = "hub/datasets--org--plain/snapshots/a/";
  put(snapshot + "law/test-00000-of-00001.jsonl", "{\"x\": 1}\n");
  put(snapshot + "law/train.jsonl", "{\"x\": 2}\n");
  put(snapshot + "latest/test.jsonl", "{\"x\": 3}\n");
  const auto split = found("org/plain", "law", "test");
  ASSERT_NE(split, nullptr);
  EXPECT_EQ(Json(split->rows).dump(), R"([{"x":1}])");
}

/// huggingface_hub follows `~` and `$NAME` in HF_HOME, the `datasets` library `~` alone.
TEST_F(HuggingFaceCache, TheHomeAndVariablesInHfHomeAreFollowedAsTheLibrariesDo) {
  put("datasets/org___set/default/0.0.0/h/set-test.arrow", bytes_of("all_types.stream.arrow"));
  put("datasets/org___set/default/0.0.0/h/dataset_info.json", "{}");
  put("hub/datasets--org--set/snapshots/a/test.jsonl", "{\"x\": 1}\n");
  setenv("FLM_HF_HOME", home_.c_str(), 1);
  setenv("HF_HOME", "$FLM_HF_HOME", 1);
  EXPECT_EQ(cached_folder("org/set"), (home_ / "hub/datasets--org--set/snapshots/a").string());
  const std::string before = std::getenv("HOME") ? std::getenv("HOME") : "";
  setenv("HOME", home_.c_str(), 1);
  setenv("HF_HOME", "~", 1);
  EXPECT_EQ(cached_folder("org/set"), (home_ / "datasets/org___set").string());
  setenv("HOME", before.c_str(), 1);
  unsetenv("FLM_HF_HOME");
}

TEST_F(HuggingFaceCache, SnapshotsInParquetAreRead) {
  const std::string snapshot = "hub/datasets--org--parquet/snapshots/a/";
  put(snapshot + "main/test-00000-of-00001.parquet", bytes_of("snappy.parquet"));
  const auto split = found("org/parquet", "main", "test");
  ASSERT_NE(split, nullptr);
  EXPECT_EQ(split->rows.size(), expected_rows().size());
  EXPECT_EQ(split->rows[1]["choices"], expected_rows()[1]["choices"]);
}

TEST_F(HuggingFaceCache, AnUnknownIdMayLieInTheDataRoot) {
  put("root/org/own/test.json", "[{\"x\": 1}]");
  const DatasetCatalog catalog((home_ / "root").string());
  EXPECT_EQ(catalog.load({"org/own", "", "", ""}, "test")->rows[0]["x"], 1);
}

/// Recorded from get_data_patterns of datasets 5.2.
TEST(SplitNames, AreToldByTheFirstRuleThatFits) {
  const auto told = [](const std::vector<std::string>& files) {
    std::string out;
    for (const SplitFiles& one : splits_by_name(files)) {
      out += one.split + ":";
      for (const std::string& file : one.files) out += " " + file;
      out += "; ";
    }
    return out;
  };
  EXPECT_EQ(told({"dev.csv", "eval.csv", "x_training-1.csv"}),
            "train: x_training-1.csv; validation: dev.csv; test: eval.csv; ");
  EXPECT_EQ(told({"latest.csv", "test1.csv", "tester.csv"}), "test: test1.csv; ");
  EXPECT_EQ(told({"Test.csv", "latest.csv"}), "train: Test.csv latest.csv; ");
  EXPECT_EQ(told({"train/test.csv", "val 2/x.csv", "test.csv"}),
            "train: train/test.csv; validation: val 2/x.csv; ");
  EXPECT_EQ(told({"data/b-00000-of-00001.parquet", "data/test-00000-of-00001.parquet",
                  "data/a-00000-of-00001-x.parquet", "train.parquet"}),
            "test: data/test-00000-of-00001.parquet; a: data/a-00000-of-00001-x.parquet; "
            "b: data/b-00000-of-00001.parquet; ");
  EXPECT_EQ(told({"my_dev_test.csv"}), "validation: my_dev_test.csv; test: my_dev_test.csv; ");
  EXPECT_EQ(told({"x_training-1.csv", "train.csv", "a_train.csv"}),
            "train: train.csv a_train.csv x_training-1.csv; ");
  EXPECT_EQ(told({"a_test.csv", "eval.csv", "my_eval_test.csv", "test.csv", "test_test.csv"}),
            "test: test.csv test_test.csv a_test.csv my_eval_test.csv test_test.csv eval.csv "
            "my_eval_test.csv; ");
  EXPECT_EQ(told({"a test/x.csv", "eval/b.csv", "eval/test/c.csv", "test 2/q.csv",
                  "test/test/z.csv", "test/y.csv"}),
            "test: eval/test/c.csv test/test/z.csv test/y.csv test 2/q.csv a test/x.csv "
            "eval/b.csv eval/test/c.csv; ");
  EXPECT_EQ(told({"a_dev.csv", "a_val.csv", "a_valid.csv", "a_validation.csv"}),
            "validation: a_validation.csv a_valid.csv a_dev.csv a_val.csv; ");
  EXPECT_EQ(told({"a_eval.csv", "a_evaluation.csv", "a_test.csv", "a_testing.csv"}),
            "test: a_test.csv a_testing.csv a_eval.csv a_evaluation.csv; ");
  EXPECT_EQ(told({}), "");
}

TEST(SnapshotPatterns, MatchWithinAndAcrossFolders) {
  EXPECT_TRUE(matches_pattern("data/*.csv", "data/a.csv"));
  EXPECT_FALSE(matches_pattern("*.csv", "data/a.csv"));
  EXPECT_TRUE(matches_pattern("**/a.csv", "x/y/a.csv"));
  EXPECT_TRUE(matches_pattern("**.csv", "x/y/a.csv"));
  EXPECT_TRUE(matches_pattern("data/test-?.csv", "data/test-1.csv"));
  EXPECT_FALSE(matches_pattern("data/test-?.csv", "data/test-12.csv"));
  EXPECT_TRUE(matches_pattern("[a-c]*[!0-9].csv", "b12x.csv"));
  EXPECT_FALSE(matches_pattern("[a-c]*[!0-9].csv", "b123.csv"));
  EXPECT_TRUE(matches_pattern("", ""));
  EXPECT_FALSE(matches_pattern("", "a"));
  EXPECT_TRUE(matches_pattern("a**", "a/b/c"));
}

TEST(SnapshotPatterns, ManyStarsCostNoMoreThanOne) {
  std::string stars;
  for (int i = 0; i < 100; ++i) stars += "*a";
  const std::string path(300, 'a');
  EXPECT_FALSE(matches_pattern(stars + "b", path));
  EXPECT_TRUE(matches_pattern(stars, path));
}

}  // namespace
}  // namespace flm
