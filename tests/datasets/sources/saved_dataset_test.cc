// Folders that datasets 5.2 wrote with save_to_disk (fixtures/make_saved.py).
#include "datasets/sources/saved_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "datasets/dataset.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

const fs::path kSaved = fs::path(FLM_SOURCE_DIR) / "tests/datasets/fixtures/saved";

std::string rows(const fs::path& folder, const std::string& split) {
  const DatasetCatalog catalog("");
  return Json(catalog.load({folder.string(), "", "", ""}, split)->rows).dump();
}

TEST(SavedDataset, EachSplitHasItsRowsAndItsColumns) {
  EXPECT_EQ(rows(kSaved / "dict", "train"), R"([{"q":"train","a":1}])");
  EXPECT_EQ(rows(kSaved / "dict", "test"),
            R"([{"q":"0 + 1","c":["0","1"]},{"q":"1 + 1","c":["1","2"]},)"
            R"({"q":"2 + 1","c":["2","3"]}])");
  EXPECT_EQ(rows(kSaved / "one", "validation"), R"([{"q":"one"}])");
}

TEST(SavedDataset, ASplitThatIsNotThereIsSaid) {
  EXPECT_THAT(error_of([] { rows(kSaved / "one", "test"); }), HasSubstr("the split test"));
  EXPECT_THAT(error_of([] { rows(kSaved / "dict", "dev"); }), HasSubstr("the split dev"));
}

class CopiedDataset : public ::testing::Test {
 protected:
  CopiedDataset() { made_.copy_from(kSaved / "dict"); }
  void write(const char* name, const char* text) const { std::ofstream(folder_ / name) << text; }
  std::string failure() const {
    return error_of([&] { rows(folder_, "test"); });
  }
  const TemporaryFolder made_;
  const fs::path folder_ = made_.path();
};

TEST_F(CopiedDataset, WhatIsMissingIsNamed) {
  fs::remove(folder_ / "test/data-00001-of-00002.arrow");
  EXPECT_THAT(failure(), HasSubstr("test/data-00001-of-00002.arrow"));
  fs::remove(folder_ / "test/state.json");
  EXPECT_THAT(failure(), HasSubstr("not whole, it has no state.json; save it again"));
}

TEST_F(CopiedDataset, NamesThatLeadElsewhereAreRefused) {
  write("test/state.json", R"({"_data_files": [{"filename": "../train/data.arrow"}]})");
  EXPECT_THAT(failure(), HasSubstr("a name is none: \"../train/data.arrow\""));
  for (const char* text : {R"({"splits": [".."]})", R"({"splits": [3]})"}) {
    write("dataset_dict.json", text);
    EXPECT_THAT(failure(), HasSubstr("a name is none")) << text;
  }
  for (const char* text : {"[]", R"({"splits": "test"})"}) {
    write("dataset_dict.json", text);
    EXPECT_THAT(failure(), HasSubstr("it names no splits")) << text;
  }
}

TEST_F(CopiedDataset, ASplitWithoutFilesIsRefused) {
  for (const char* text : {"{}", "[]", R"({"_data_files": null})"}) {
    write("test/state.json", text);
    EXPECT_THAT(failure(), HasSubstr("it names no _data_files")) << text;
  }
}

}  // namespace
}  // namespace flm
