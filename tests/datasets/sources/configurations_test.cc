// What README.md says of a folder's files and columns. The rows expected are what load_dataset of
// datasets 5.2 gives for the same folder.
#include "datasets/sources/configurations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/documents/unread_value.h"
#include "datasets/dataset.h"
#include "datasets/sources/path_patterns.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class Readme : public ::testing::Test {
 protected:
  void put(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  void head(const std::string& yaml) const { put("README.md", "---\n" + yaml + "---\n"); }
  void two_languages() const {
    put("en/test.jsonl", "{\"a\": 1}\n");
    put("de/test.jsonl", "{\"a\": 2}\n");
    put("en/train.jsonl", "{\"a\": 3}\n");
    put("de/train.jsonl", "{\"a\": 4}\n");
  }
  std::string rows(const std::string& split, const std::string& name = "",
                   const std::string& kwargs = "") const {
    const DatasetRequest request{folder_.string(), name, kwargs, ""};
    return Json(DatasetCatalog("").load(request, split)->rows).dump();
  }
  std::string failure(const std::string& split, const std::string& name = "") const {
    return error_of([&] { rows(split, name); });
  }
  /// One row of jsonl under features.
  std::string declared(const std::string& features, const std::string& row) const {
    head("dataset_info:\n  features:\n" + features);
    put("test.jsonl", row + "\n");
    return rows("test");
  }

  const TemporaryFolder made_;
  const fs::path folder_ = made_.path();
};

TEST_F(Readme, PatternsWithoutASplitAreTrains) {
  two_languages();
  head("configs:\n- config_name: default\n  data_files: \"de/*.jsonl\"\n");
  EXPECT_EQ(rows("train"), R"([{"a":2},{"a":4}])");
  EXPECT_THAT(failure("test"), HasSubstr("no data file in the folder tells the split test"));
  head("configs:\n- config_name: default\n  data_files: [\"de/*.jsonl\", \"en/*.jsonl\"]\n");
  EXPECT_EQ(rows("train"), R"([{"a":2},{"a":4},{"a":1},{"a":3}])");
}

TEST_F(Readme, KeysOfReadersAreFollowedOrRefused) {
  put("t.csv", "a;b\n1;x\n");
  head("configs:\n- config_name: a\n  data_files: t.csv\n  sep: \";\"\n  language: en\n");
  EXPECT_EQ(rows("train"), R"([{"a":1,"b":"x"}])");
  head("configs:\n- config_name: a\n  data_files: t.csv\n  sep: \";\"\n  skiprows: 1\n");
  EXPECT_THAT(failure("train"), HasSubstr("README.md, configuration a: skiprows is not followed"));
  put("t.csv", "a\tb\n1\tx\n");
  head("configs:\n- config_name: a\n  data_files: t.csv\n  sep: \"\\t\"\n  column_names: [x, y]\n");
  EXPECT_EQ(rows("train"), R"([{"x":"a","y":"b"},{"x":"1","y":"x"}])");
  put("t.json", R"({"rows": [{"a": 1}]})");
  head("configs:\n- config_name: a\n  data_files: t.json\n  field: rows\n");
  EXPECT_EQ(rows("train"), R"([{"a":1}])");
}

TEST_F(Readme, AnAmbiguousOrUnknownConfigurationIsRefusedWithTheNames) {
  two_languages();
  head("configs:\n- config_name: en\n  data_dir: en\n- config_name: de\n  data_dir: de\n");
  EXPECT_EQ(rows("test", "de"), R"([{"a":2}])");
  EXPECT_THAT(failure("test"), AllOf(HasSubstr("several configurations and no default"),
                                     HasSubstr("it has: en, de")));
  for (const char* name : {"fr", "default"})
    EXPECT_THAT(
        failure("test", name),
        AllOf(HasSubstr("it has: en, de"), HasSubstr("(dataset_name: " + std::string(name) + ")")));
  EXPECT_EQ(rows("test", "", R"({"data_files": {"test": "de/test.jsonl"}})"), R"([{"a":2}])");
}

/// What datasets 5.2 gives: a configuration that README.md lists without files has all of them.
TEST_F(Readme, AConfigurationWithoutFilesHasAllOfThem) {
  two_languages();
  EXPECT_EQ(rows("test", "de"), R"([{"a":2}])") << "without a README its name is a folder's";
  head("configs:\n- config_name: en\n- config_name: de\n");
  EXPECT_EQ(rows("test", "de"), R"([{"a":2},{"a":1}])");
}

/// What datasets 5.2 gives: of a set of shards the one that is named.
TEST_F(Readme, AShardThatIsNamedIsReadAlone) {
  put("data/test-00000-of-00002.jsonl", "{\"a\": 1}\n");
  EXPECT_THAT(failure("test"), HasSubstr("a part of the split test is missing"));
  EXPECT_EQ(rows("test", "", R"({"data_files": {"test": "data/test-00000-of-00002.jsonl"}})"),
            R"([{"a":1}])");
  head(
      "configs:\n- config_name: x\n  data_files:\n  - split: test\n"
      "    path: data/test-00000-of-00002.jsonl\n");
  EXPECT_EQ(rows("test"), R"([{"a":1}])");
  head("configs:\n- config_name: x\n  data_files:\n  - split: test\n    path: data/test-*\n");
  EXPECT_THAT(failure("test"), HasSubstr("a part of the split test is missing"));
}

TEST_F(Readme, HiddenFilesAndFoldersArePassedOver) {
  put("test.jsonl", "{\"a\": 1}\n");
  put("__test.jsonl", "{\"a\": 5}\n");
  for (const char* name : {".hidden/test.jsonl", "__x/test.jsonl", ".test.jsonl"})
    put(name, "{\"a\": 0}\n");
  EXPECT_EQ(rows("test"), R"([{"a":1},{"a":5}])");
  EXPECT_EQ(rows("test", "", R"({"data_files": {"test": "*.jsonl"}})"), R"([{"a":5},{"a":1}])");
  EXPECT_EQ(rows("test", "", R"({"data_files": {"test": ".h*/*.jsonl"}})"), R"([{"a":0}])");
  EXPECT_TRUE(selects("__*/*", "__pycache__/b.txt"));
  EXPECT_FALSE(selects("**", "__pycache__/b.txt"));
  EXPECT_FALSE(selects(".hidden_dir/*", ".hidden_dir/.hidden_file.txt"));
  EXPECT_TRUE(selects("../*", "../a"));
}

TEST_F(Readme, TheFormatOfMostFilesIsTaken) {
  put("test.jsonl", "{\"a\": 1}\n");
  put("test2.jsonl", "{\"a\": 7}\n");
  put("test.csv", "a\n2\n");
  EXPECT_EQ(rows("test"), R"([{"a":1},{"a":7}])");
  fs::remove(folder_ / "test2.jsonl");
  EXPECT_EQ(rows("test"), R"([{"a":1}])") << "of two with as many, JSON lines before csv";
}

TEST_F(Readme, DeclaredFeaturesCastTheColumns) {
  const std::string label =
      "  - name: b\n    dtype:\n      class_label:\n        names:\n          '0': neg\n"
      "          '1': pos\n";
  EXPECT_EQ(declared("  - name: a\n    dtype: float64\n" + label, R"({"a": 1, "b": "pos"})"),
            R"([{"a":1.0,"b":1}])");
  EXPECT_EQ(declared(label, R"({"b": " 1"})"), R"([{"b":1}])");
  EXPECT_EQ(declared("  - name: a\n    dtype: string\n", R"({"a": true})"), R"([{"a":"true"}])");
  EXPECT_EQ(declared("  - name: a\n    dtype: int32\n", R"({"a": "007"})"), R"([{"a":7}])");
  EXPECT_EQ(declared("  - name: a\n    dtype: bool\n", R"({"a": 1})"), R"([{"a":true}])");
  EXPECT_EQ(declared("  - name: a\n    dtype: float32\n", R"({"a": 0.1})"),
            R"([{"a":0.10000000149011612}])");
  EXPECT_EQ(declared("  - name: a\n    sequence: float64\n", R"({"a": [1, 2]})"),
            R"([{"a":[1.0,2.0]}])");
  EXPECT_EQ(declared("  - name: a\n    list:\n    - name: x\n      dtype: string\n",
                     R"({"a": [{"x": 1}, {"x": null}]})"),
            R"([{"a":[{"x":"1"},{"x":null}]}])");
  EXPECT_EQ(declared("  - name: b\n    dtype: string\n  - name: a\n    dtype: int64\n",
                     R"({"a": 1, "b": "x"})"),
            R"([{"b":"x","a":1}])");
  EXPECT_EQ(declared("  - name: a\n    dtype: json\n", R"({"a": {"x": [1]}})"
                                                       "\n"
                                                       R"({"a": 2})"),
            R"([{"a":{"x":[1]}},{"a":2}])");
}

TEST_F(Readme, WhatIsNotOfItsDeclaredKindIsRefused) {
  const auto fault = [&](const std::string& features, const std::string& row) {
    return error_of([&] { declared(features, row); });
  };
  EXPECT_THAT(fault("  - name: a\n    dtype: int64\n", R"({"a": "x"})"),
              HasSubstr("README.md declares the column a as int64, which a value of it does not "
                        "become: \"x\""));
  EXPECT_THAT(fault("  - name: b\n    dtype:\n      class_label:\n        names: [neg, pos]\n",
                    R"({"b": "no"})"),
              HasSubstr("the column b as class_label, which has no such label: \"no\""));
}

TEST_F(Readme, OnlyATaskThatNamesAColumnOfAKindThatIsNotFollowedIsRefused) {
  const std::string features =
      "  - name: at\n    dtype: timestamp[s]\n  - name: tags\n    sequence:\n      class_label:\n"
      "        names: [x, y]\n  - name: text\n    dtype: string\n  - name: n\n    dtype: int64\n"
      "  - name: j\n    dtype: json\n";
  declared(features, R"({"at": 1, "tags": ["x"], "text": {"a": 1}, "n": 2, "j": "[1]"})");
  const DatasetRequest request{folder_.string(), "", "", ""};
  const Json row = DatasetCatalog("").load(request, "test")->rows[0];
  EXPECT_THAT(*why_unread(row["at"]), HasSubstr("the column at as timestamp[s], which is not"));
  EXPECT_THAT(*why_unread(row["tags"]), HasSubstr("the column tags as sequence, which is not"));
  EXPECT_THAT(*why_unread(row["text"]), HasSubstr("the column text as string, which is not"));
  EXPECT_THAT(*why_unread(row["j"]), HasSubstr("the column j as json, which is not followed"));
  EXPECT_EQ(row["n"], 2);
}

/// The first split does not decide where types are declared, and each configuration has its own.
TEST_F(Readme, DeclaredFeaturesCountOverTheFirstSplit) {
  put("en/train.jsonl", "{\"a\": 1.5}\n");
  put("en/test.jsonl", "{\"a\": 1}\n");
  head(
      "dataset_info:\n- config_name: en\n  features:\n  - name: a\n    dtype: string\n"
      "- config_name: de\n  features:\n  - name: a\n    dtype: float64\n"
      "configs:\n- config_name: en\n  data_files:\n  - split: train\n    path: en/train.jsonl\n"
      "  - split: test\n    path: en/test.jsonl\n- config_name: de\n  data_files:\n"
      "  - split: test\n    path: en/test.jsonl\n");
  EXPECT_EQ(rows("test", "en"), R"([{"a":"1"}])");
  EXPECT_EQ(rows("test", "de"), R"([{"a":1.0}])");
}

TEST_F(Readme, TablesAreTypedAndThenCast) {
  put("test.csv", "a,b\n007,1.50\n");
  head(
      "dataset_info:\n  features:\n  - name: a\n    dtype: string\n  - name: b\n"
      "    dtype: string\n");
  EXPECT_EQ(rows("test"), R"([{"a":"7","b":"1.5"}])");
}

}  // namespace
}  // namespace flm
