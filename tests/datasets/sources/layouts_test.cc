// Manifests: the ways in which copies of a set lie, and columns out of other columns.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/sha256.h"
#include "datasets/dataset.h"
#include "datasets/formats/data_formats.h"
#include "datasets/sources/locate.h"
#include "tests/datasets/made_archive.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

const std::string kData = std::string(FLM_SHARED_DIR) + "/data";

/// Rows of one source row through columns written in YAML.
std::string shaped(const std::string& columns, const std::string& row) {
  SourceRows rows;
  rows.add(7, parse_json(row, "row"));
  const auto read = read_columns(parse_yaml(columns, "m.yaml"), "m.yaml");
  return Json(shape_rows(read, "law", std::move(rows), "f.jsonl")[0]).dump();
}

TEST(Columns, EveryKind) {
  EXPECT_EQ(shaped("{a: x.y, b: {text: n}, c: {config: name}, d: {row: true}, e: {constant: k}}",
                   R"({"x": {"y": [1]}, "n": 3})"),
            R"({"a":[1],"b":"3","c":"law","d":0,"e":"k"})");
  EXPECT_EQ(shaped("{t: {struct: {text: q.c.text, label: q.c.label}}}",
                   R"({"q": {"c": [{"text": "u", "label": "A"}, {"text": "v", "label": "B"}]}})"),
            R"({"t":{"text":["u","v"],"label":["A","B"]}})");
  EXPECT_EQ(shaped("{k: {keys: m}, v: {values: m}, j: {join: [a, b]}, s: {split: l}}",
                   R"({"m": {"z": 1, "y": 0}, "a": "one", "b": "two", "l": " p; q ;;"})"),
            R"({"k":["z","y"],"v":[1,0],"j":"one two","s":["p","q"]})");
  EXPECT_EQ(shaped("{a: {sentences: x}, b: {open_end: x}}", R"({"x": "He sits. Really? he"})"),
            R"({"a":"He sits. Really?","b":"he"})");
  EXPECT_EQ(shaped("{a: {sentences: x}, b: {open_end: x}}", R"({"x": "He sits."})"),
            R"({"a":"He sits.","b":""})");
  EXPECT_THAT(error_of([] { shaped("{a: x.z}", R"({"x": {"y": 1}})"); }),
              HasSubstr("f.jsonl:7: no column x.z"));
  EXPECT_THAT(error_of([] { shaped("{a: {letters: x}}", "{}"); }),
              HasSubstr("m.yaml:1: unknown kind of column: letters"));
}

TEST(SpecialFormats, C3HasARowForEachQuestion) {
  const SourceRows rows = read_rows(
      R"([[["a", "b"], [{"question": "q", "choice": ["x", "y"], "answer": "y"},
                        {"question": "r", "choice": ["z"], "answer": "z"}], "id-1"]])",
      "c3", {}, "c3.json");
  ASSERT_EQ(rows.rows.size(), 2u);
  EXPECT_EQ(rows.rows[0].dump(),
            R"({"id":"id-1","context":["a","b"],"question":"q","choice":["x","y"],"answer":"y"})");
  EXPECT_THAT(error_of([] { read_rows(R"([[["a"], [{"question": "q"}]]])", "c3", {}, "c3.json"); }),
              HasSubstr("c3.json: entry 0 is not"));
}

TEST(SpecialFormats, WikiTextIsCutAtItsTitles) {
  const SourceRows rows = read_rows(
      " \n = One = \n text \n = = Part = = \n more \n = Two = \n end \n", "wikitext", {}, "w");
  ASSERT_EQ(rows.rows.size(), 2u);
  EXPECT_EQ(rows.rows[0]["page"], " = One = \n text \n = = Part = = \n more ");
  EXPECT_EQ(rows.rows[1]["page"], " = Two = \n end \n");
}

TEST(Formats, JsonMayBeLinesAListOrOneObject) {
  for (const char* text : {"[{\"x\": 1}]", "{\"examples\": [{\"x\": 1}]}",
                           "{\n\"canary\": \"{}\",\n\"data\": [{\"x\": 1}]}", "{\"x\": 1}\n"}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(Json(read_rows(text, "json", {}, "f.json").rows).dump(), R"([{"x":1}])");
  }
}

class TemporaryRoot : public ::testing::Test {
 protected:
  void put(const std::string& path, const std::string& text) const {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  const TemporaryFolder made_;
  const fs::path root_ = made_.path();
};

TEST_F(TemporaryRoot, TheOfficialHellaSwagWinsOverTheReducedCopy) {
  const std::string row =
      R"({"ind": 24, "activity_label": "A", "ctx_a": "a", "ctx_b": "b", "ctx": "a b",)"
      R"( "split": "val", "split_type": "indomain", "label": 3, "endings": ["w"],)"
      R"( "source_id": "s"})";
  put("hellaswag/hellaswag_val.jsonl", row + "\n");
  put("hellaswag/hellaswag_train.jsonl", row + "\n" + row + "\n");
  const DatasetCatalog catalog(root_.string());
  const auto split = catalog.load({"Rowan/hellaswag", "", "", ""}, "validation");
  ASSERT_EQ(split->rows.size(), 1u);
  EXPECT_EQ(split->rows[0]["label"], "3");
  EXPECT_EQ(split->rows[0]["split_type"], "indomain");
  EXPECT_TRUE(catalog.notes().empty());
  EXPECT_EQ(catalog.load({"Rowan/hellaswag", "", "", ""}, "train")->rows.size(), 2u);
}

TEST_F(TemporaryRoot, EverySetIsReadInTheLayoutOfItsAuthors) {
  put("mmlu/test/anatomy_test.csv", "\"What is \"\"it\"\", then?\",a,b,\"c, d\",e,C\r\n");
  put("arc/ARC-Easy/ARC-Easy-Test.jsonl",
      R"({"id":"M1","question":{"stem":"Why?","choices":[{"text":"t","label":"1"},)"
      R"({"text":"u","label":"2"}]},"answerKey":"2"})"
      "\n");
  put("winogrande/dev.jsonl",
      R"({"qID":"3-1","sentence":"A _ b.","option1":"x","option2":"y","answer":"1"})"
      "\n");
  put("truthfulqa/v1/mc_task.json",
      R"([{"question":"Q?","mc1_targets":{"z":1,"a":0},"mc2_targets":{"z":1,"b":1,"a":0}}])");
  put("truthfulqa/v1/TruthfulQA.csv",
      "\xEF\xBB\xBFType,Category,Question,Best Answer,Correct Answers,Incorrect Answers,Source\r\n"
      "Adversarial,Law,\"Q, R?\",Yes,Yes; Also,No,https://x\r\n");
  put("lambada/lambada_test.jsonl", "{\"text\": \"In the \\u201croom\\u201d it was\"}\n");
  put("wikitext/wikitext-2-raw-v1.zip",
      made_archive("zip", {{"wikitext-2-raw/wiki.test.raw", " \n = One = \n text \n"}}));
  const DatasetCatalog catalog(root_.string());
  const auto only_row = [&](const char* id, const char* name, const char* split) {
    return Json(catalog.load({id, name, "", ""}, split)->rows).dump();
  };
  EXPECT_EQ(only_row("cais/mmlu", "anatomy", "test"),
            R"([{"question":"What is \"it\", then?","subject":"anatomy",)"
            R"("choices":["a","b","c, d","e"],"answer":2}])");
  EXPECT_EQ(only_row("allenai/ai2_arc", "ARC-Easy", "test"),
            R"([{"id":"M1","question":"Why?","choices":{"text":["t","u"],"label":["1","2"]},)"
            R"("answerKey":"2"}])");
  EXPECT_EQ(only_row("allenai/winogrande", "winogrande_xl", "validation"),
            R"([{"sentence":"A _ b.","option1":"x","option2":"y","answer":"1"}])");
  EXPECT_EQ(only_row("truthfulqa/truthful_qa", "multiple_choice", "validation"),
            R"([{"question":"Q?","mc1_targets":{"choices":["z","a"],"labels":[1,0]},)"
            R"("mc2_targets":{"choices":["z","b","a"],"labels":[1,1,0]}}])");
  EXPECT_EQ(
      only_row("truthfulqa/truthful_qa", "generation", "validation"),
      R"([{"type":"Adversarial","category":"Law","question":"Q, R?","best_answer":"Yes",)"
      R"("correct_answers":["Yes","Also"],"incorrect_answers":["No"],"source":"https://x"}])");
  EXPECT_EQ(only_row("EleutherAI/lambada_openai", "default", "test"),
            "[{\"text\":\"In the \u201croom\u201d it was\"}]");
  EXPECT_EQ(only_row("EleutherAI/wikitext_document_level", "wikitext-2-raw-v1", "test"),
            R"([{"page":" = One = \n text \n"}])");
  EXPECT_TRUE(catalog.notes().empty()) << "nothing differs from the official sets";
}

TEST_F(TemporaryRoot, WhatWasUnpackedIsVerifiedByItsRecord) {
  const std::string dev = "dev\n", train = "train\n";
  put("winogrande/dev.jsonl", dev);
  put("winogrande/train_xl.jsonl", train);
  const auto winogrande = [&] {
    for (DatasetStatus& set : dataset_statuses(root_.string(), true))
      if (set.name == "winogrande") return set;
    return DatasetStatus{};
  };
  EXPECT_THAT(winogrande().note, HasSubstr("flmeval data fetch winogrande checks the official"));
  put("winogrande/unpacked-3619ab104d8be297.sha256",
      sha256_hex(dev) + "  dev.jsonl\n" + sha256_hex(train) + "  train_xl.jsonl\n");
  EXPECT_EQ(winogrande().note, "");
  EXPECT_THAT(winogrande().problems, ::testing::IsEmpty());
  put("winogrande/dev.jsonl", "changed\n");
  ASSERT_EQ(winogrande().problems.size(), 1u);
  EXPECT_THAT(winogrande().problems[0], HasSubstr("dev.jsonl is " + sha256_hex("changed\n")));
}

TEST_F(TemporaryRoot, AMissingSetSaysWhatToType) {
  fs::create_directories(root_);
  const DatasetCatalog catalog(root_.string());
  EXPECT_THAT(error_of([&] {
                catalog.load({"openai/openai_humaneval", "", "", ""}, "test");
              }),
              HasSubstr("type: flmeval data fetch humaneval --data " + root_.string() +
                        ", or: hf download "
                        "--repo-type dataset openai/openai_humaneval"));
  EXPECT_THAT(error_of([&] {
                catalog.load({"allenai/ai2_arc", "ARC-Easy", "", ""}, "test");
              }),
              HasSubstr("type: flmeval data fetch arc --data " + root_.string()));
  EXPECT_THAT(error_of([&] {
                catalog.load({"mbpp", "sanitized", "", ""}, "test");
              }),
              HasSubstr("data set mbpp has no configuration sanitized here"));
}

TEST_F(TemporaryRoot, AnotherTextUnderASetsNameIsASubstituteWithTwoWaysOn) {
  put("bpb/en/wikipedia.jsonl", "{\"text\": \"A page.\"}\n");
  put("truthfulqa/mc_task.json",
      R"([{"question":"Q?","mc1_targets":{"z":1,"a":0},"mc2_targets":{"z":1,"a":0}}])");
  const DatasetCatalog catalog(root_.string());
  const auto page =
      catalog.load({"EleutherAI/wikitext_document_level", "wikitext-2-raw-v1", "", ""}, "test");
  EXPECT_EQ(page->rows.at(0)["page"], "A page.");
  catalog.load({"truthfulqa/truthful_qa", "multiple_choice", "", ""}, "validation");
  ASSERT_EQ(catalog.substitutes().size(), 2u);
  EXPECT_THAT(
      catalog.substitutes()[0],
      ::testing::AllOf(HasSubstr("not WikiText-2"),
                       HasSubstr("type: flmeval data fetch wikitext --data " + root_.string()),
                       HasSubstr("or score that text under its own name, --tasks "
                                 "bpb_en_wikipedia (asked: wikitext)")));
  EXPECT_THAT(catalog.substitutes()[1], HasSubstr("or put the first edition into truthfulqa/v1"));
  EXPECT_THAT(catalog.copies(), ::testing::IsEmpty());
  for (const DatasetStatus& set : dataset_statuses(root_.string(), false))
    if (set.name == "wikitext") {
      EXPECT_EQ(set.found, "missing");
      EXPECT_THAT(set.note, HasSubstr("--tasks bpb_en_wikipedia, or type: flmeval data fetch"));
    }
}

TEST_F(TemporaryRoot, ACopyOfASetThatDiffersIsNamed) {
  put("hellaswag/hellaswag_val.jsonl",
      R"({"activity_label": "A", "ctx": "a b", "label": 3, "endings": ["w"]})"
      "\n");
  const DatasetCatalog catalog(root_.string());
  catalog.load({"Rowan/hellaswag", "", "", ""}, "validation");
  EXPECT_THAT(catalog.copies(), ::testing::ElementsAre("hellaswag"));
  EXPECT_THAT(catalog.substitutes(), ::testing::IsEmpty());
}

TEST_F(TemporaryRoot, TextThatNoDomainIsMadeOfIsNamed) {
  put("bpb/en/books.jsonl", "{\"text\": \"A page.\"}\n");
  put("bpb/en/README.md", "about");
  put("bpb/en/internal.txt", "a page");
  put("bpb/stray.jsonl", "{\"text\": \"A page.\"}\n");
  const DatasetCatalog catalog(root_.string());
  EXPECT_THAT(catalog.bpb_domains(), ::testing::ElementsAre("en/books"));
  const std::string wants = " (bits per byte wants bpb/LANG/DOMAIN.jsonl, packed or not)";
  EXPECT_THAT(catalog.notes(),
              ::testing::ElementsAre("ignored: " + (root_ / "bpb/en/internal.txt").string() + wants,
                                     "ignored: " + (root_ / "bpb/stray.jsonl").string() + wants));
}

TEST_F(TemporaryRoot, AnEmptyFileAndAnotherColumnAreToldAsWhatTheyAre) {
  put("bpb/en/empty.jsonl", "\n");
  put("bpb/en/other.jsonl", "{\"txt\": \"A page.\", \"id\": 1}\n");
  const DatasetCatalog catalog(root_.string());
  EXPECT_THAT(error_of([&] {
                catalog.load({"bpb", "en/empty", "", ""}, "test");
              }),
              HasSubstr("the file is empty; it wants at least one row: " +
                        (root_ / "bpb/en/empty.jsonl").string()));
  EXPECT_THAT(error_of([&] {
                catalog.load({"bpb", "en/other", "", ""}, "test");
              }),
              HasSubstr("other.jsonl:1: no column text in the row; it has: txt, id"));
  put("rows.json", "");
  EXPECT_THAT(error_of([&] {
                catalog.load(
                    {"json", "", R"({"data_files": {"test": "rows.json"}})", root_.string()},
                    "test");
              }),
              HasSubstr("the file is empty"));
}

TEST_F(TemporaryRoot, VerifyHasAWordForEachSet) {
  put("winogrande/dev.jsonl", "x\n");
  put("gsm8k/test.jsonl", "x\n");
  std::map<std::string, std::string> verdicts;
  for (const DatasetStatus& set : dataset_statuses(root_.string(), true))
    verdicts[set.name] = set.verdict;
  EXPECT_EQ(verdicts["winogrande"], "unknown");
  EXPECT_EQ(verdicts["gsm8k"], "differs");
  EXPECT_EQ(verdicts["mmlu"], "missing");
  for (const DatasetStatus& set : dataset_statuses("", true))
    if (set.found == "built-in sample") {
      EXPECT_EQ(set.verdict, "sample") << set.name;
    }
}

TEST(OfficialFiles, HaveTheRowsOfTheHuggingFaceCopies) {
  if (!fs::exists(kData)) GTEST_SKIP() << "skipped: ../shared is not here";
  const DatasetCatalog catalog(kData);
  const auto rows = [&](const char* id, const char* name, const char* split) {
    return catalog.load({id, name, "", ""}, split)->rows.size();
  };
  EXPECT_EQ(rows("allenai/ai2_arc", "ARC-Challenge", "test"), 1172u);
  EXPECT_EQ(rows("Rowan/hellaswag", "", "validation"), 8042u);
  EXPECT_EQ(rows("allenai/winogrande", "winogrande_xl", "validation"), 1267u);
  EXPECT_EQ(rows("truthful_qa", "multiple_choice", "validation"), 817u);
  EXPECT_EQ(rows("truthful_qa", "generation", "validation"), 817u);
  EXPECT_EQ(rows("EleutherAI/lambada_openai", "default", "test"), 5153u);
  EXPECT_EQ(rows("SaylorTwift/bbh", "snarks", "test"), 178u);
  EXPECT_EQ(rows("openai/openai_humaneval", "", "test"), 164u);
  EXPECT_EQ(rows("google-research-datasets/mbpp", "full", "test"), 500u);
  EXPECT_EQ(rows("google-research-datasets/mbpp", "full", "prompt"), 10u);
  EXPECT_EQ(rows("clue/clue", "c3", "validation"), 3816u);
  EXPECT_EQ(rows("CLUEbenchmark/FewCLUE", "chid", "test"), 2002u);
  EXPECT_EQ(rows("CLUEbenchmark/FewCLUE", "csl", "test"), 2838u);
  EXPECT_THAT(catalog.notes(), ::testing::Contains(HasSubstr("data set hellaswag: a copy of")));
  EXPECT_THAT(catalog.notes(), ::testing::Contains(HasSubstr("data set truthfulqa: a later")));
}

}  // namespace
}  // namespace flm
