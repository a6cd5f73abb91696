#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "datasets/dataset.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

const std::string kData = std::string(FLM_SHARED_DIR) + "/data";

TEST(BuiltinSamples, HaveTheShapeOfTheHuggingFaceSets) {
  const DatasetCatalog catalog("");
  const auto mmlu = catalog.load({"cais/mmlu", "anatomy", "", ""}, "test");
  EXPECT_EQ(mmlu->rows.size(), 3u);
  EXPECT_TRUE(mmlu->builtin_sample);
  const Json& row = mmlu->rows[0];
  EXPECT_EQ(row["subject"], "anatomy");
  EXPECT_EQ(row["choices"].size(), 4u);
  EXPECT_TRUE(row["answer"].is_number_integer());
  EXPECT_EQ(catalog.load({"openai/gsm8k", "main", "", ""}, "train")->rows.size(), 60u);
  const auto ceval = catalog.load({"ceval/ceval-exam", "computer_network", "", ""}, "val");
  EXPECT_EQ(ceval->rows[1]["id"], 1);
  EXPECT_EQ(ceval->rows[0]["explanation"], "");
  const auto domains = catalog.bpb_domains();
  ASSERT_GE(domains.size(), 9u);
  EXPECT_TRUE(std::is_sorted(domains.begin(), domains.end()));
  EXPECT_FALSE(catalog.load({"bpb", "zh/law", "", ""}, "test")->rows.empty());
}

TEST(BuiltinSamples, SayWhatToDoWhereASubjectIsMissing) {
  const DatasetCatalog catalog("");
  EXPECT_THAT(error_of([&] {
                catalog.load({"ceval/ceval-exam", "law", "", ""}, "val");
              }),
              HasSubstr("give --data DIR"));
  EXPECT_THAT(error_of([&] {
                catalog.load({"no/such", "", "", ""}, "val");
              }),
              HasSubstr("no manifest for dataset_path no/such; type: hf download"));
  EXPECT_THAT(error_of([&] {
                catalog.load({"openai/gsm8k", "main", "", ""}, "val");
              }),
              HasSubstr("it has test, train"));
}

TEST(BuiltinSamples, AgreeWithTheirPinnedChecksums) {
  std::vector<std::string> samples;
  for (const DatasetStatus& set : dataset_statuses("", true)) {
    EXPECT_THAT(set.problems, ::testing::IsEmpty()) << set.name;
    if (set.found == "built-in sample") samples.push_back(set.name);
    if (set.found == "missing") {
      EXPECT_NE(set.note, "") << set.name << " says how to get it";
    }
  }
  EXPECT_THAT(samples,
              ::testing::ElementsAre("bbh", "bpb", "ceval", "gsm8k", "hellaswag", "humaneval",
                                     "mmlu", "truthfulqa", "truthfulqa_generation"));
}

TEST(DataRoot, IsReadAsItLies) {
  if (!fs::exists(kData)) GTEST_SKIP() << "skipped: ../shared is not here";
  const DatasetCatalog catalog(kData);
  EXPECT_EQ(catalog.load({"openai/gsm8k", "main", "", ""}, "train")->rows.size(), 7473u);
  EXPECT_EQ(catalog.load({"openai/gsm8k", "main", "", ""}, "test")->rows.size(), 1319u);
  EXPECT_EQ(catalog.load({"cais/mmlu", "anatomy", "", ""}, "test")->rows.size(), 135u);
  EXPECT_EQ(catalog.load({"cais/mmlu", "anatomy", "", ""}, "validation")->rows.size(), 14u);
  EXPECT_EQ(catalog.bpb_domains().size(), 14u);
}

TEST(DataRoot, NeverFallsBackToTheSamples) {
  const TemporaryFolder made;
  const fs::path root = made.path();
  const DatasetCatalog catalog(root.string());
  EXPECT_THAT(error_of([&] {
                catalog.load({"openai/gsm8k", "main", "", ""}, "test");
              }),
              HasSubstr("missing: " + (root / "gsm8k/test.jsonl").string()));
  EXPECT_THAT(error_of([] { DatasetCatalog("/no/such/root"); }), HasSubstr("/no/such/root"));
}

TEST(DataRoot, ThatIsNoneOrOneTooDeepIsTold) {
  const TemporaryFolder folder;
  const fs::path root = fs::path(folder.path()) / "data";
  fs::create_directories(root / "mmlu/test");
  fs::create_directories(root / "cais/mmlu/all");
  const auto missing = [](const fs::path& data) {
    return error_of([&] {
      DatasetCatalog(data.string()).load({"cais/mmlu", "anatomy", "", ""}, "test");
    });
  };
  EXPECT_THAT(missing(root), HasSubstr(root.string() + "/mmlu is there, with this split in no "
                                                       "layout that is known; missing: "));
  fs::remove_all(root / "mmlu");
  EXPECT_THAT(missing(root), HasSubstr(root.string() + "/cais/mmlu is there, "));
  fs::create_directories(root / "mmlu/test");
  std::ofstream(root / "mmlu/test/anatomy_test.csv") << "q,1,2,3,4,A\n";
  EXPECT_EQ(missing(root), "");
  EXPECT_THAT(missing(root / "mmlu"),
              HasSubstr("the root is the folder above that of the set: give --data " +
                        root.string() + "; missing: "));
  EXPECT_THAT(missing(root / "mmlu/"), HasSubstr("give --data " + root.string() + ";"));
  EXPECT_EQ(missing(root / "none"),
            "the data root (--data, or FLMEVAL_DATA) is not a folder; give an existing one: " +
                (root / "none").string());
}

TEST(DataRoot, CEvalIsReadOutOfItsOfficialZip) {
  if (!fs::exists(kData)) GTEST_SKIP() << "skipped: ../shared is not here";
  const TemporaryFolder made;
  const fs::path root = made.path();
  fs::create_directories(root / "ceval");
  fs::copy_file(kData + "/ceval/ceval-exam.zip", root / "ceval/ceval-exam.zip");
  const DatasetRequest request{"ceval/ceval-exam", "law", "", ""};
  EXPECT_EQ(DatasetCatalog(root.string()).load(request, "val")->rows,
            DatasetCatalog(kData).load(request, "val")->rows);
}

TEST(DataRoot, VerifyReportsChangedAndMissingFiles) {
  if (!fs::exists(kData)) GTEST_SKIP() << "skipped: ../shared is not here";
  const TemporaryFolder made;
  const fs::path root = made.path();
  fs::create_directories(root / "gsm8k");
  std::ofstream(root / "gsm8k/test.jsonl") << "{\"question\": \"1\", \"answer\": \"2\"}\n";
  for (const DatasetStatus& set : dataset_statuses(root.string(), true)) {
    if (set.name != "gsm8k") {
      EXPECT_EQ(set.found, "missing");
      continue;
    }
    ASSERT_EQ(set.problems.size(), 2u);
    EXPECT_THAT(set.problems[0], HasSubstr("known copy: "));
    EXPECT_THAT(set.problems[1], HasSubstr("missing: "));
  }
  for (const DatasetStatus& set : dataset_statuses(kData, true))
    EXPECT_THAT(set.problems, ::testing::IsEmpty()) << set.name;
}

TEST(DataFiles, AreFoundBesideTheTaskFileAndUnified) {
  const TemporaryFolder made;
  const fs::path folder = made.path();
  std::ofstream(folder / "a.jsonl") << "{\"x\": 1}\n{\"x\": 2, \"y\": null}\n";
  const DatasetCatalog catalog("");
  const DatasetRequest request{"json", "", R"({"data_files": {"test": "a.jsonl"}})",
                               folder.string()};
  const auto split = catalog.load(request, "test");
  EXPECT_EQ(Json(split->rows).dump(), R"([{"x":1,"y":null},{"x":2,"y":null}])");
  EXPECT_FALSE(split->builtin_sample);
  EXPECT_THAT(error_of([&] { catalog.load(request, "train"); }), HasSubstr("it has test"));
}

}  // namespace
}  // namespace flm
