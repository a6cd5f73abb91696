// The page of a run, from records: what is said first, and what only samples tell.
#include "reports/html/report/report_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/system/files.h"
#include "reports/html/samples/report_samples.h"
#include "reports/store/record_json.h"
#include "tests/reports/html/page_parts.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

using testing::HasSubstr;
using testing::Not;

class ReportPageTest : public testing::Test {
 protected:
  void SetUp() override {
    store_ = Store::open(folder_ / "runs.db");
    run_.id = "2026-11-24T20-30-13-1f2e3d";
    run_.created = "2026-11-24T20:30:13Z";
    run_.status = "done";
    run_.model = "demo/nano <1>";
    run_.weights_hash = "0123456789abcdef0123456789abcdef";
    run_.numerics = "fp32";
    run_.options_json =
        R"({"arguments":["run","--name","it's"],"settings":{"seed":1234,"temperature":0.12345}})";
    run_.cost_json = R"({"requests":1200,"bytes_peak":2345678901,"seconds":2.6286314})";
  }

  void add_task(const std::string& name, const std::string& type, const MetricRecord& metric,
                std::int64_t docs, bool builtin = false) {
    TaskRecord task;
    task.task = name;
    task.version_json = "1.0";
    task.output_type = type;
    task.docs_total = task.docs_chosen = docs;
    task.builtin_sample = builtin;
    task.metrics = {metric};
    store_->put_task(run_.id, tasks_++, task);
  }

  /// Four choices; the right one is `right`, the likeliest `chosen`, a nat ahead of the others.
  void add_choice(const std::string& task, std::int64_t doc, std::size_t right,
                  std::size_t chosen) {
    SampleRecord one;
    one.task = task;
    one.doc_id = doc;
    one.filter = "none";
    one.target = std::to_string(right);
    Json arguments = Json::array(), responses = Json::array();
    for (std::size_t i = 0; i < 4; ++i) {
      arguments.push_back(
          Json::array({"Q" + std::to_string(doc) + "\nAnswer:", std::string(" ") + "ABCD"[i]}));
      responses.push_back(Json::array({Json::array({i == chosen ? "-1.5" : "-2.5", "False"})}));
    }
    one.arguments_json = compact_json(arguments);
    one.resps_json = compact_json(responses);
    one.values = {{"acc", {right == chosen ? 1.0 : 0.0}},
                  {"gold_margin", {right == chosen ? 1.0 : -1.0}},
                  {kChoiceCounts, {4, 1}}};
    store_->put_sample(run_.id, one);
  }

  std::string page(const HtmlOptions& options = {}) {
    run_.groups_json = encode_groups(
        {{"exam", "exam", "", {"law", "math"}, {"law", "math"}, {{"acc", {}, true}}}});
    store_->update_run(run_);
    store_->commit();
    return render_report_html(build_report(*store_, run_.id, 0), *store_, options);
  }

  void add_exam() {
    add_task("law", "multiple_choice", {"none", "acc", "mean", true}, 8);
    add_task("math", "multiple_choice", {"none", "acc", "mean", true}, 4, true);
    for (std::int64_t i = 0; i < 8; ++i) add_choice("law", i, static_cast<std::size_t>(i % 4), 0);
    for (std::int64_t i = 0; i < 4; ++i) add_choice("math", i, 2, 2);
  }

  TemporaryFolder folder_;
  std::unique_ptr<Store> store_;
  RunRecord run_;
  int tasks_ = 0;
};

TEST_F(ReportPageTest, StaticPartIsTheApprovedText) {
  add_exam();
  const std::string text = static_part(page());
  const std::string path = std::string(FLM_SOURCE_DIR) + "/tests/reports/baselines/report.html";
  if (std::getenv("FLM_APPROVE")) std::ofstream(path, std::ios::binary) << text;
  EXPECT_EQ(text, read_file(path)) << "approve a wanted change with FLM_APPROVE=1";
}

TEST_F(ReportPageTest, SaysFirstWhatWasScored) {
  add_exam();
  const std::string html = page();
  EXPECT_THAT(between(html, "<p class=\"verdict\">", "</p>"), HasSubstr("exam <b>0.50</b>"));
  EXPECT_THAT(between(html, "<p class=\"verdict\">", "</p>"), HasSubstr("chance 0.25"));
  EXPECT_THAT(html, HasSubstr("✓ complete: 12 items"));
  EXPECT_THAT(html, HasSubstr("! built-in samples in 1 of 2 tasks, not the benchmarks"));
  EXPECT_THAT(html, HasSubstr("<h1>nano &lt;1&gt;</h1>"));
  EXPECT_THAT(html, HasSubstr("flmeval run --name 'it'\\''s'"));
  EXPECT_EQ(html, page());
}

TEST_F(ReportPageTest, ALimitAndOtherDataStandOnTop) {
  run_.options_json =
      R"({"settings":{"limit":2.0},"data":{"root":"/data","notes":[],"copies":["hellaswag"]}})";
  for (std::int64_t i = 0; i < 2; ++i) add_choice("law", i, 0, 0);
  TaskRecord task;
  task.task = "law";
  task.output_type = "multiple_choice";
  task.docs_chosen = 2;
  task.docs_total = 8;
  task.metrics = {{"none", "acc", "mean", true}};
  store_->put_task(run_.id, 0, task);
  const std::string head = between(page(), "<header>", "</header>");
  EXPECT_THAT(head, HasSubstr("! LIMITED: the first 2 documents of each task"));
  EXPECT_THAT(head, HasSubstr("! NOT THE OFFICIAL DATA: copies that differ, see the notes (hel"));
}

TEST_F(ReportPageTest, CountsAreGroupedAndSettingsAreNot) {
  add_exam();
  const std::string html = page();
  EXPECT_THAT(html, HasSubstr("<dt>seed</dt><dd>1234</dd>"));
  EXPECT_THAT(html, HasSubstr("<dt>temperature</dt><dd>0.12345</dd>"));
  EXPECT_THAT(html, HasSubstr("<dt>requests</dt><dd>1,200</dd>"));
  EXPECT_THAT(html, HasSubstr("<dt>bytes peak</dt><dd>2,346 MB</dd>"));
  EXPECT_THAT(html, HasSubstr("<dt>seconds</dt><dd>2.629 s</dd>"));
}

TEST_F(ReportPageTest, CountsWhereTheRightChoicesStand) {
  add_exam();
  page();
  const ReportSamples samples = report_samples(*store_, build_report(*store_, run_.id, 0));
  ASSERT_EQ(samples.choices.size(), 2u);
  EXPECT_EQ(samples.choices[0].right, (std::vector<std::int64_t>{2, 2, 2, 2}));
  EXPECT_EQ(samples.choices[0].chosen, (std::vector<std::int64_t>{8, 0, 0, 0}));
  EXPECT_EQ(samples.choices[1].right, (std::vector<std::int64_t>{0, 0, 4}));
}

TEST_F(ReportPageTest, FlaggedAndFailedItemsAreListedWithTheirReason) {
  add_exam();
  SampleRecord flagged;
  flagged.task = "law";
  flagged.doc_id = 8;
  flagged.filter = "none";
  flagged.status = "over_long";
  flagged.message = "needs 3000 model inputs";
  store_->put_sample(run_.id, flagged);
  const std::string html = page(html_options("flips"));
  const PageSamples samples = samples_of(html);
  ASSERT_EQ(samples.lines.size(), 1u);
  EXPECT_EQ(samples.columns["state"], "f");
  EXPECT_THAT(samples.lines[0], HasSubstr("needs 3000 model inputs"));
  EXPECT_THAT(html, HasSubstr("! 1 item over-long, not scored"));
}

TEST_F(ReportPageTest, PromptsStayOutWhereNoneIsToBeLogged) {
  add_exam();
  HtmlOptions options;
  options.prompts = false;
  for (const std::string& line : samples_of(page(options)).lines)
    EXPECT_THAT(line, Not(HasSubstr("Answer:")));
  EXPECT_THAT(samples_of(page()).lines[0], HasSubstr("Q0\\nAnswer:"));
}

TEST(Arguments, ReadAsTheyAreWritten) {
  const std::string context =
      "a context of more than sixty-four bytes, with \"quotes\", \\ and ],[\" in it: 中文";
  const Json shared =
      Json::array({Json::array({context, " A"}), Json::array({context, context}),
                   Json::array({context + "!", " C"}), Json::array({context, " D"})});
  const Json generated = Json::array({Json::array({context, {{"until", {context, "],["}}}})});
  for (const Json& arguments :
       {shared, generated, Json::array({Json::array({"short", " B"})}), Json::array()})
    EXPECT_EQ(decode_arguments(compact_json(arguments), "arguments", "run r"), arguments);
  EXPECT_EQ(decode_arguments("", "arguments", "run r"), Json::array());
}

TEST_F(ReportPageTest, ContextsThatDifferAreShownFromWhereTheyDo) {
  TaskRecord task;
  task.output_type = "multiple_choice";
  SampleRecord one;
  one.arguments_json = R"([["Ann met 李雷","and left"],["Ann met 李明","and left"]])";
  one.resps_json = R"([[["-3.5","False"]],[["-4.5","False"]]])";
  one.values = {{"gold_margin", {-1.0}}};
  const ItemText item = item_text(task, one);
  EXPECT_EQ(item.prompt, "Ann met 李");
  EXPECT_EQ(item.choices, (std::vector<std::string>{"雷and left", "明and left"}));
  ASSERT_TRUE(item.gold);
  EXPECT_EQ(*item.gold, 1u);
}

/// The requests of acc_mutual_info without a prompt, behind the choices', are no choices.
TEST_F(ReportPageTest, ChoicesAskedWithoutThePromptAreNoFurtherChoices) {
  TaskRecord task;
  task.output_type = "multiple_choice";
  SampleRecord one;
  one.arguments_json = R"([["Q:"," aa"],["Q:"," bb"],[""," aa"],[""," bb"]])";
  one.resps_json = R"([[["-1","False"]],[["-2","False"]],[["-0.1","False"]],[["-5","False"]]])";
  one.values = {{"acc", {1}}, {"acc_mutual_info", {0}}, {"gold_margin", {1.0}}};
  const ItemText item = item_text(task, one);
  EXPECT_EQ(item.prompt, "Q:");
  EXPECT_EQ(item.choices, (std::vector<std::string>{" aa", " bb"}));
  EXPECT_EQ(item.log_likelihoods, (std::vector<double>{-1, -2}));
  EXPECT_EQ(item.gold, std::optional<std::size_t>(0));
}

}  // namespace
}  // namespace flm
