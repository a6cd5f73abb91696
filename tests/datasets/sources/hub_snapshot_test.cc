// Hub snapshots laid out as the sets of our tasks lie on the Hugging Face hub.
#include "datasets/sources/hub_snapshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/system/files.h"
#include "datasets/dataset.h"
#include "datasets/sources/hub_cache.h"
#include "datasets/sources/shards.h"
#include "tests/datasets/made_archive.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string nested(const std::string& name) {
  return read_file(std::string(FLM_SOURCE_DIR) + "/tests/datasets/fixtures/nested/" + name);
}

/// A hub cache in a folder of its own; files are links into blobs/, as the hub's library lays them.
class HubCache : public ::testing::Test {
 protected:
  HubCache() {
    for (const char* name : {"HF_DATASETS_CACHE", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"})
      unsetenv(name);
    setenv("HF_HOME", home_.c_str(), 1);
  }
  ~HubCache() override {
    for (const char* name :
         {"HF_HOME", "HF_DATASETS_CACHE", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"})
      unsetenv(name);
  }

  /// A file of the repository ORG/NAME at a revision.
  void put(const std::string& id, const std::string& file, const std::string& bytes,
           const std::string& revision = "rev", const std::string& hub = "hub") {
    std::string folder = "datasets--" + id;
    folder.replace(folder.find('/'), 1, "--");
    const fs::path set = home_ / hub / folder, blob = set / "blobs" / std::to_string(blobs_++);
    const fs::path link = set / "snapshots" / revision / file;
    fs::create_directories(blob.parent_path());
    fs::create_directories(link.parent_path());
    std::ofstream(blob, std::ios::binary) << bytes;
    fs::create_symlink(blob, link);
  }
  void set_main(const std::string& folder, const std::string& revision) const {
    fs::create_directories(home_ / "hub" / folder / "refs");
    std::ofstream(home_ / "hub" / folder / "refs/main") << revision;
  }
  static std::string rows(const std::string& id, const std::string& name,
                          const std::string& split) {
    const auto found = DatasetCatalog("").load({id, name, "", ""}, split);
    EXPECT_FALSE(found->builtin_sample);
    return Json(found->rows).dump();
  }

  const TemporaryFolder made_;
  const fs::path home_ = made_.path();
  int blobs_ = 0;
};

TEST_F(HubCache, MmlusConfigurationsAreFoldersOfParquet) {
  put("cais/mmlu", "README.md",
      "---\nconfigs:\n- config_name: all\n  data_files:\n  - split: test\n    path: all/test-*\n"
      "- config_name: anatomy\n  data_files:\n  - split: test\n    path: anatomy/test-*\n"
      "  - split: dev\n    path: anatomy/dev-*\n---\n");
  put("cais/mmlu", "all/test-00000-of-00001.parquet", nested("snappy-v1-plain.parquet"));
  put("cais/mmlu", "anatomy/test-00000-of-00001.parquet", nested("zstd-v2-dictionary.parquet"));
  const auto split = DatasetCatalog("").load({"cais/mmlu", "anatomy", "", ""}, "test");
  const Json expected = parse_json(nested("rows.json"), "rows.json");
  EXPECT_EQ(Json(split->rows), expected);
  ASSERT_EQ(split->files.size(), 1u);
  EXPECT_THAT(split->files[0], HasSubstr("anatomy/test-00000-of-00001.parquet"));
  FirstSplit kept;
  EXPECT_EQ(load_snapshot(snapshot_folder("cais/mmlu"), "anatomy", "dev", Json::object(), kept),
            nullptr);
}

TEST_F(HubCache, ArcsConfigurationsMayStandWithoutAReadme) {
  put("allenai/ai2_arc", "ARC-Challenge/test-00000-of-00001.parquet",
      nested("lz4-v1-plain.parquet"));
  put("allenai/ai2_arc", "ARC-Easy/test-00000-of-00001.parquet", nested("gzip-v1-plain.parquet"));
  const auto split = DatasetCatalog("").load({"allenai/ai2_arc", "ARC-Easy", "", ""}, "test");
  ASSERT_EQ(split->files.size(), 1u);
  EXPECT_THAT(split->files[0], HasSubstr("ARC-Easy/test"));
  EXPECT_EQ(split->rows[2]["options"].dump(), R"({"text":["t0","t1"],"label":["A","B"]})");
}

TEST_F(HubCache, CEvalAndCmmluAreZips) {
  put("ceval/ceval-exam", "ceval-exam.py", "raise Exception");
  put("ceval/ceval-exam", "ceval-exam.zip",
      made_archive("zip", {{"val/law_val.csv", "id,question,A,B,C,D,answer\n0,法?,a,b,c,d,B\n"}}));
  EXPECT_EQ(rows("ceval/ceval-exam", "law", "val"),
            R"([{"id":0,"question":"法?","A":"a","B":"b","C":"c","D":"d","answer":"B",)"
            R"("explanation":""}])");
  put("lmlmcat/cmmlu", "cmmlu_v1_0_1.zip",
      made_archive("zip", {{"dev/agronomy.csv", ",Question,A,B,C,D,Answer\n0,q,1,2,3,4,C\n"}}));
  EXPECT_EQ(rows("haonan-li/cmmlu", "agronomy", "dev"),
            R"([{"Question":"q","A":"1","B":"2","C":"3","D":"4","Answer":"C"}])");
}

TEST_F(HubCache, LambadasLanguagesAreNotMixed) {
  put("EleutherAI/lambada_openai", "data/lambada_test.jsonl", "{\"text\": \"english\"}\n");
  put("EleutherAI/lambada_openai", "data/lambada_test_de.jsonl", "{\"text\": \"deutsch\"}\n");
  EXPECT_EQ(rows("EleutherAI/lambada_openai", "default", "test"), R"([{"text":"english"}])");
  EXPECT_EQ(rows("EleutherAI/lambada_openai", "de", "test"), R"([{"text":"deutsch"}])");
}

TEST_F(HubCache, RefsMainChoosesTheSnapshotElseTheNewest) {
  put("org/set", "test.jsonl", "{\"x\": 1}\n", "aaa");
  put("org/set", "test.jsonl", "{\"x\": 2}\n", "bbb");
  const fs::path snapshots = home_ / "hub/datasets--org--set/snapshots";
  fs::last_write_time(snapshots / "bbb",
                      fs::last_write_time(snapshots / "aaa") - std::chrono::seconds(60));
  EXPECT_EQ(rows("org/set", "", "test"), R"([{"x":1}])") << "the newest";
  set_main("datasets--org--set", "bbb");
  EXPECT_EQ(rows("org/set", "", "test"), R"([{"x":2}])");
}

TEST_F(HubCache, EveryVariableOfTheLibrariesIsRespected) {
  put("org/set", "test.jsonl", "{\"x\": 1}\n", "rev", "hub");
  put("org/set", "test.jsonl", "{\"x\": 2}\n", "rev", "legacy");
  put("org/set", "test.jsonl", "{\"x\": 3}\n", "rev", "own");
  EXPECT_EQ(rows("org/set", "", "test"), R"([{"x":1}])");
  setenv("HUGGINGFACE_HUB_CACHE", (home_ / "legacy").c_str(), 1);
  EXPECT_EQ(rows("org/set", "", "test"), R"([{"x":2}])");
  setenv("HF_HUB_CACHE", (home_ / "own").c_str(), 1);
  EXPECT_EQ(rows("org/set", "", "test"), R"([{"x":3}])");
  const std::string build = "library/org___set/default/0.0.0/h/";
  fs::create_directories(home_ / build);
  std::ofstream(home_ / build / "dataset_info.json") << "{}";
  std::ofstream(home_ / build / "set-test.arrow", std::ios::binary) << nested("lz4.arrow");
  setenv("HF_DATASETS_CACHE", (home_ / "library").c_str(), 1);
  EXPECT_THAT(rows("org/set", "", "test"), HasSubstr("question 1")) << "the library's files first";
}

TEST_F(HubCache, ShardsAreReadInOrderAndMustAllBeThere) {
  put("org/set", "en/train-00001-of-00002.jsonl", "{\"x\": 2}\n");
  EXPECT_THAT(error_of([] { rows("org/set", "en", "train"); }),
              HasSubstr("a part of the split train is missing; load it again"));
  put("org/set", "en/train-00000-of-00002.jsonl", "{\"x\": 1}\n");
  EXPECT_EQ(rows("org/set", "en", "train"), R"([{"x":1},{"x":2}])");
}

TEST_F(HubCache, AFolderOfAConfigurationIsFollowed) {
  put("org/set", "README.md",
      "---\nconfigs:\n- config_name: en\n  data_dir: english\n- config_name: zh\n"
      "  data_dir: chinese\n---\n");
  put("org/set", "english/test.jsonl", "{\"x\": 1}\n");
  put("org/set", "chinese/test.jsonl", "{\"x\": 2}\n");
  EXPECT_EQ(rows("org/set", "zh", "test"), R"([{"x":2}])");
}

TEST(Shards, AreCountedByTheirNames) {
  EXPECT_EQ(unsharded_stem("mmlu-test-00000-of-00002.arrow"), "mmlu-test");
  EXPECT_EQ(unsharded_stem("mmlu-test.arrow"), "mmlu-test");
  EXPECT_EQ(unsharded_stem("one-of-us.arrow"), "one-of-us");
  check_shards({"a/test-00000-of-00002.parquet", "a/test-00001-of-00002.parquet", "b-of-c"}, "x");
  EXPECT_THAT(error_of([] { check_shards({"a/t-00000-of-00003-0f.parquet"}, "the split t"); }),
              HasSubstr("missing: a/t-00001-of-00003"));
  EXPECT_THAT(error_of([] {
                check_shards({"a/t-00000-of-00003.json", "a/t-00001-of-00003.json"}, "the split t");
              }),
              HasSubstr("missing: a/t-00002-of-00003"))
      << "the last";
}

}  // namespace
}  // namespace flm
