// Views of a run against approved texts, within the columns of a terminal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "base/documents/json.h"
#include "base/system/files.h"
#include "reports/figures/display_width.h"
#include "reports/figures/shown_figures.h"
#include "reports/store/record_json.h"
#include "reports/views/csv.h"
#include "reports/views/latex.h"
#include "reports/views/markdown.h"
#include "reports/views/outputs.h"
#include "reports/views/runs_table.h"
#include "reports/views/terminal.h"
#include "tests/reports/views/approved_text.h"
#include "tests/reports/views/report_fixture.h"

namespace flm {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST_F(ReportTest, ViewsAreTheApprovedTexts) {
  const Report shown_report = shown();
  for (const int columns : {40, 60, 80, 100, 200})
    expect_baseline("report_" + std::to_string(columns) + ".txt",
                    render_terminal(shown_report, {columns}));
  expect_baseline("report_all.txt", render_terminal(shown_report, {80, true}));
  expect_baseline("report.latex", render_latex(shown_report));
  expect_baseline("report.md", render_markdown(shown_report));
  expect_baseline("report.csv", render_csv(shown_report));
}

/// In a pipe, of 80 columns, too: no value stands under no name.
TEST_F(ReportTest, EveryRunOfSeveralHasItsNameAboveItsValues) {
  std::vector<Report> reports(6, shown());
  for (std::size_t r = 0; r < reports.size(); ++r)
    reports[r].run.name = "a_checkpoint_" + std::to_string(r);
  for (const int columns : {0, 60, 80, 200}) {
    const std::string text = runs_table_text(reports, false, columns);
    std::istringstream lines(text.substr(text.find("\n\n") + 2));
    std::set<std::string> named;
    bool within = true;
    for (std::string line; std::getline(lines, line);) {
      for (const Report& report : reports)
        if (line.find(report.run.name) != std::string::npos) named.insert(report.run.name);
      if (line.starts_with("  flmeval ")) continue;  // in one piece, for copying
      within = within && (columns == 0 || display_width(line) <= static_cast<std::size_t>(columns));
    }
    EXPECT_EQ(named.size(), reports.size()) << text;
    EXPECT_TRUE(within) << text;
  }
}

TEST_F(ReportTest, AScreenIsWithinItsColumnsAndADemoNeverLooksLikeAResult) {
  const Report demo = shown_demo();
  for (const int columns : {40, 60, 80, 100, 200})
    expect_baseline("demo_" + std::to_string(columns) + ".txt", render_terminal(demo, {columns}));
  expect_baseline("demo_all.txt", render_terminal(demo, {80, true}));
  expect_baseline("demo.md", render_markdown(demo));
  for (const int columns : {40, 60, 80, 100})
    for (const bool all : {false, true}) {
      std::istringstream lines(render_terminal(demo, {columns, all}));
      for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("  flmeval ")) continue;  // it is pasted: nothing breaks it
        EXPECT_LE(display_width(line), static_cast<std::size_t>(columns)) << line;
      }
    }
  const std::string text = render_terminal(demo, {80});
  EXPECT_TRUE(text.starts_with("* NOT A BENCHMARK RESULT")) << text;
  EXPECT_THAT(text, HasSubstr("LIMITED: the first 4 documents"));
  EXPECT_THAT(text, Not(HasSubstr("subject 7"))) << "57 subjects are folded";
  EXPECT_THAT(text, HasSubstr("57 tasks below exam"));
  EXPECT_THAT(text, HasSubstr("alone")) << "no figure of the suite stands for this task";
  EXPECT_THAT(render_terminal(demo, {80, true}), HasSubstr("subject 7"));
}

TEST_F(ReportTest, ColourMarksTheWarningsAndTheHeadingLineByLine) {
  const Report demo = shown_demo();
  const std::string plain = render_terminal(demo, {60});
  std::string text = render_terminal(demo, {60, false, true});
  EXPECT_TRUE(text.starts_with("\x1b[7m* NOT A BENCHMARK RESULT")) << text;
  EXPECT_THAT(text, HasSubstr("\x1b[7mLIMITED: the first 4 documents of each task\x1b[0m\n"));
  EXPECT_THAT(text, HasSubstr("\x1b[1mTask "));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    EXPECT_EQ(line.starts_with("\x1b["), line.ends_with("\x1b[0m")) << line;
  for (const char* style : {"\x1b[7m", "\x1b[1m", "\x1b[0m"})
    for (std::size_t at = 0; (at = text.find(style)) != std::string::npos;)
      text.erase(at, std::string(style).size());
  EXPECT_EQ(text, plain) << "colour changes nothing else";
  EXPECT_THAT(plain, Not(HasSubstr("\x1b")));
}

/// Shares alone, with their errors and intervals, and chance with them; bits per byte stay.
TEST_F(ReportTest, FiguresInPercentOrWithSoManyDigits) {
  const Report made = shown(), percent = in_style(made, {.percent = true});
  expect_baseline("report_percent.txt", render_terminal(percent, {80}));
  EXPECT_THAT(render_markdown(percent),
              HasSubstr("| acc, % | ↑ | 45.0 | 3.5 | 38.3 to 51.9 | 200 |"));
  EXPECT_THAT(render_latex(percent), HasSubstr("acc, \\%"));
  const std::string two = render_markdown(in_style(made, {.digits = 2}));
  EXPECT_THAT(two, HasSubstr("| acc | ↑ | 0.45 | 0.04 | 0.38 to 0.52 | 200 |"));
  EXPECT_THAT(render_markdown(in_style(made, {1, true})),
              HasSubstr("| 45.0 | 3.5 | 38.3 to 51.9 |"));
}

/// SQuAD's f1 goes to 100: 0.9 of it is no 90 %.
TEST_F(ReportTest, AFigureThatIsPerhapsNoShareStaysAsItIs) {
  Report made;
  made.rows.resize(1);
  for (const char* metric : {"f1", "bleu", "acc"}) {
    Score score;
    score.metric = metric;
    score.value = 0.9;
    made.rows[0].scores.push_back(score);
  }
  const std::vector<Score> scores = in_style(made, {.percent = true}).rows[0].scores;
  EXPECT_EQ(scores[0].value, 0.9);
  EXPECT_EQ(scores[1].value, 0.9);
  EXPECT_EQ(scores[2].value, 90.0);
  EXPECT_EQ(metric_with_unit(scores[0]), "f1");
  EXPECT_EQ(metric_with_unit(scores[2]), "acc, %");
}

TEST_F(ReportTest, FoldedDomainsAreNamedByTheirEnds) {
  const std::string bpb = "bpb@ctx64/stride32/prefix2/doc";
  std::vector<std::string> leaves;
  const auto add = [&](const std::string& alias, double nats_a_byte) {
    leaves.push_back("bpb_" + std::to_string(leaves.size()));
    add_task(leaves.back(), alias, 0, 2, {{"none", bpb, "bpb", false}});
    for (int i = 0; i < 2; ++i) put(sample(leaves.back(), i, bpb, {1000 * nats_a_byte, 1000, 250}));
  };
  for (const auto& [alias, bits] : {std::pair{"en/code", 1.0},
                                    {"en/books", 2.0},
                                    {"en/law", 1.5},
                                    {"zh/法律", 3.0},
                                    {"zh/百科", 2.5}})
    add(alias, bits * std::log(2.0));
  const Report made = report({{"bpb", "", "", leaves, leaves, {{bpb, {}, false}}}});
  const std::string text = render_terminal(made, {100});
  EXPECT_THAT(text,
              HasSubstr("bpb en: 3 domains, mean 1.50, lowest code 1.00, highest books 2.00\n"));
  EXPECT_THAT(text,
              HasSubstr("bpb zh: 2 domains, mean 2.75, lowest 百科 2.50, highest 法律 3.00\n"));
  EXPECT_THAT(render_terminal(made, {100, true}), Not(HasSubstr("lowest")));
}

TEST_F(ReportTest, ATaskThatStandsAloneHasItsOwnName) {
  add_accuracy("exam_law", "law", 4, 2);
  add_accuracy("exam_math", "math", 4, 2);
  const Report made = report({{"exam", "", "", {"exam_law"}, {"exam_law"}, {}}});
  const std::string text = render_terminal(made, {100}), page = render_markdown(made);
  EXPECT_THAT(text, HasSubstr("\n  law "));
  EXPECT_THAT(text, HasSubstr("\nexam_math "));
  EXPECT_THAT(page, HasSubstr("| exam\\_math | 5 |"));
}

TEST_F(ReportTest, ShotsStandAtGroupsAndWhereTheirColumnFoundNoPlace) {
  add_accuracy("exam_law", "law", 4, 2);  // with 5 shots
  add_task("exam_math", "math", 0, 4, {{"none", "acc", "mean", true}});
  for (int i = 0; i < 4; ++i) put(sample("exam_math", i, "acc", {1}));
  add_accuracy("a_task_with_a_long_name", "", 4, 2);
  const Report made = report({{"exam",
                               "",
                               "",
                               {"exam_law", "exam_math"},
                               {"exam_law", "exam_math"},
                               {{"acc", {}, true}}}});
  EXPECT_THAT(render_markdown(made), HasSubstr("| exam | 0-5 | acc |"));
  EXPECT_THAT(render_csv(made), HasSubstr(",exam,,group,0,0-5,none,acc,"));
  const std::string narrow = render_terminal(made, {40});
  EXPECT_THAT(narrow, Not(HasSubstr("Shots")));
  EXPECT_THAT(narrow, HasSubstr("shots: 0-5 for exam; 5 for\n  a_task_with_a_long_name\n"));
  EXPECT_THAT(render_terminal(made, {100}), Not(HasSubstr("shots: ")));
}

/// One document says nothing of an error, and a mean over it neither: the reason stands beside.
TEST_F(ReportTest, AMissingErrorHasItsReason) {
  const std::string bpb = "bpb@ctx64/stride32/prefix2/doc";
  add_task("bpb_en", "en", 0, 1, {{"none", bpb, "bpb", false}});
  put(sample("bpb_en", 0, bpb, {800, 1000, 250}));
  add_task("bpb_zh", "zh", 0, 2, {{"none", bpb, "bpb", false}});
  for (int i = 0; i < 2; ++i) put(sample("bpb_zh", i, bpb, {700.0 + i, 1000, 250}));
  const Report made =
      report({{"bpb", "", "", {"bpb_en", "bpb_zh"}, {"bpb_en", "bpb_zh"}, {{"bpb", {}, false}}}});
  const std::string text = render_terminal(made, {100, true});
  EXPECT_THAT(text, HasSubstr("no error: a single item in 1 of its 2 tasks"));
  EXPECT_THAT(text, HasSubstr("one item has no error"));
  const Json groups = parse_json(made.results_json, "results").at("groups");
  const Json& keys = groups.at("bpb");
  EXPECT_EQ(keys.at("bpb_macro_stderr,none"), "N/A");
  EXPECT_DOUBLE_EQ(keys.at("bpb_macro,none").get<double>(),
                   (0.8 + 1401.0 / 2000) / 2 / std::log(2.0));
  EXPECT_DOUBLE_EQ(keys.at("bpb_micro,none").get<double>(), 2201.0 / 3000 / std::log(2.0));
  EXPECT_EQ(keys.at("sample_count").at("bpb_micro,none"), 3);
}

/// A group stands for its tasks where all of them are built-in samples; a limit is what was taken.
TEST_F(ReportTest, AWarningNamesWhatItIsOf) {
  run_.options_json = R"({"settings": {"limit": 1.5}})";
  add_accuracy("own", "", 4, 2);
  add_sample_task("sample", "", 0);
  const std::vector<std::string> members = {"own", "sample"};
  EXPECT_THAT(
      report({{"mixed", "mixed", "", members, members, {{"acc", {}, true}}}}).warnings,
      testing::ElementsAre(
          "NOT A BENCHMARK RESULT: small built-in samples in place of the data sets (sample)",
          "LIMITED: the first document of each task"));
}

TEST_F(ReportTest, AFigureThatItemsLackSaysOfHowMany) {
  add_task("t", "", 0, 3, {{"none", "gold_bpb", "mean", false}});
  for (int i = 0; i < 3; ++i) put(sample("t", i, "gold_bpb", {i == 0 ? 1.5 : std::nan("")}));
  EXPECT_EQ(report().rows.at(0).scores.at(0).reason, "2 of 3 items have no finite value");
}

TEST_F(ReportTest, BuiltInSamplesAreMarkedInCsv) {
  const std::string csv = render_csv(shown_demo());
  std::istringstream lines(csv);
  std::string line;
  std::getline(lines, line);
  EXPECT_TRUE(line.ends_with(",builtin_sample,warnings,choices,chance,stderr_reason\r")) << line;
  const std::string warnings =
      "NOT A BENCHMARK RESULT: small built-in samples in place of the data sets (";
  for (int i = 0; i < 3 && std::getline(lines, line); ++i) {
    EXPECT_THAT(line, HasSubstr(",true,\"" + warnings));
    EXPECT_THAT(line, HasSubstr("LIMITED: the first 4 documents of each task"));
  }
}

TEST_F(ReportTest, CopiesThatDifferFromTheOfficialDataStandAboveTheFigures) {
  run_.options_json = R"({"data": {"root": "/data", "notes": [], "copies": ["hellaswag"]}})";
  add_accuracy("exam", "", 4, 2);
  const std::string warning =
      "NOT THE OFFICIAL DATA: copies that differ, see the notes (hellaswag)";
  const Report made = report();
  EXPECT_THAT(render_terminal(made, {100}), testing::StartsWith(warning + "\n"));
  EXPECT_THAT(made.results_json, HasSubstr(warning));
}

/// lm-evaluation-harness (evaluator.py) sets num_fewshot of the configuration to what counts.
TEST_F(ReportTest, TheConfigurationInTheResultsHasTheShotsInEffect) {
  TaskRecord task;
  task.task = "shots";
  task.config_json = R"({"task": "shots", "num_fewshot": 2})";
  task.num_fewshot = 1;
  store_->put_task(run_.id, tasks_++, task);
  const Json results = parse_json(report().results_json, "results");
  EXPECT_EQ(results.at("configs").at("shots").at("num_fewshot"), 1);
  EXPECT_EQ(results.at("n-shot").at("shots"), 1);
}

TEST_F(ReportTest, RowsStandInTheOrderInWhichTheyWereAskedFor) {
  add_accuracy("first", "", 4, 2);
  add_accuracy("exam_law", "law", 4, 2);
  add_accuracy("last", "", 4, 2);
  const GroupRecord exam{"exam", "exam", "", {"exam_law"}, {"exam_law"}, {{"acc", {}, true}}};
  std::vector<std::string> names;
  for (const ReportRow& row : report({exam}).rows) names.push_back(row.name);
  EXPECT_THAT(names, testing::ElementsAre("first", "exam", "exam_law", "last"));
}

class ChanceTest : public ReportTest {
 protected:
  /// 100 items, of which `right` are right; item i has choices[i % size] choices.
  void add_choice(const std::string& name, const std::vector<int>& choices, int right) {
    add_task(name, "", 0, 100, {{"none", "acc", "mean", true}});
    for (int i = 0; i < 100; ++i) {
      SampleRecord one = sample(name, i, "acc", {i < right ? 1.0 : 0.0});
      one.values.push_back(
          {kChoiceCounts, {1.0 * choices[static_cast<std::size_t>(i) % choices.size()], 1}});
      put(one);
    }
  }
};

TEST_F(ChanceTest, IsNamedWithWhoIsNoBetter) {
  add_choice("lucky", {4}, 26);
  add_choice("knows", {4}, 90);
  add_choice("yes_or_no", {2}, 90);
  const Report made = report();
  const std::string line =
      "chance is 0.25 for lucky and knows, 0.50 for yes_or_no; no better than chance here: lucky\n";
  EXPECT_THAT(render_terminal(made, {100}), HasSubstr(line));
  EXPECT_THAT(render_latex(made), HasSubstr("% " + line));
  EXPECT_THAT(render_markdown(made), HasSubstr("- chance is 0.25 for lucky and knows, 0.50 for "));
  const Json rows = parse_json(made.results_json, "results").at("flmeval").at("rows");
  EXPECT_EQ(rows.at(0).at("choices"), (Json{{"fewest", 4}, {"most", 4}, {"chance", 0.25}}));
  EXPECT_THAT(render_csv(made), HasSubstr(",4,0.25,\r\n"));
}

TEST_F(ChanceTest, OfItemsWithDifferentNumbersIsTheirMean) {
  add_choice("mixed", {2, 4, 5, 5}, 90);  // (1/2 + 1/4 + 2/5) / 4
  const Report made = report();
  EXPECT_THAT(render_terminal(made, {100}),
              HasSubstr("chance is 0.29 for mixed (2 to 5 choices)\n"));
  EXPECT_NEAR(*made.rows.at(0).choices.chance, 0.2875, 1e-12);
  EXPECT_THAT(render_csv(made), HasSubstr(",2 to 5,0.287"));
}

/// A group weighs chances as it weighs accuracies: 100 items each here.
TEST_F(ChanceTest, OfAGroupIsWeighedAsItsAccuracy) {
  add_choice("two", {2}, 90);
  add_choice("four", {4}, 90);
  add_accuracy("free", "", 50, 10);  // no choices are known of it
  const std::vector<std::string> both = {"two", "four"}, all = {"two", "four", "free"};
  const Report made = report({{"pair", "", "", both, both, {{"acc", {}, true}}},
                              {"all", "", "", all, all, {{"acc", {}, true}}}});
  for (const ReportRow& row : made.rows) {
    if (row.name == "pair") {
      EXPECT_NEAR(row.choices.chance.value_or(0), 0.375, 1e-12);
    }
    if (row.name == "all" || row.name == "free") {
      EXPECT_FALSE(row.choices.chance) << row.name;
    }
  }
  EXPECT_THAT(render_terminal(made, {100}),
              HasSubstr("chance is 0.38 for pair (2 to 4 choices)\n"));
}

/// The group's accuracy is then N/A, and chance is that of the items that were scored.
TEST_F(ChanceTest, OfATaskWithoutAScoredItemIsLeftOut) {
  add_choice("four", {4}, 90);
  add_task("long", "", 0, 1, {{"none", "acc", "mean", true}});
  SampleRecord flagged = sample("long", 0, "acc", {});
  flagged.status = "over_long";
  flagged.values.clear();
  put(flagged);
  const std::vector<std::string> both = {"four", "long"};
  const Report made = report({{"exam", "", "", both, both, {{"acc", {}, true}}}});
  EXPECT_THAT(render_terminal(made, {100}), HasSubstr("chance is 0.25 for exam\n"));
}

/// --over-long truncate-left is no remedy for a run that has it.
TEST_F(ReportTest, ARunThatCutsItsPromptsIsNotToldToCutThem) {
  add_task("long", "", 0, 1, {{"none", "acc", "mean", true}});
  SampleRecord flagged = sample("long", 0, "acc", {});
  flagged.status = "over_long";
  flagged.values.clear();
  put(flagged);
  Report made = report();
  const char* const hint = "--over-long truncate-left";
  made.run.options_json = R"({"settings":{"over_long":"flag"}})";
  EXPECT_THAT(render_terminal(made, {200}), HasSubstr(hint));
  made.run.options_json = R"({"settings":{"over_long":"truncate-left"}})";
  EXPECT_THAT(render_terminal(made, {200}), Not(HasSubstr(hint)));
}

/// A run of an older version, or the half of one: nothing is guessed.
TEST_F(ChanceTest, IsNotKnownWhereAnItemDoesNotSayIt) {
  add_choice("half", {4}, 90);
  SampleRecord silent = sample("half", 100, "acc", {1});
  put(silent);
  const Report made = report();
  EXPECT_THAT(render_terminal(made, {100}), Not(HasSubstr("chance is")));
  EXPECT_TRUE(parse_json(made.results_json, "results")
                  .at("flmeval")
                  .at("rows")
                  .at(0)
                  .at("choices")
                  .is_null());
}

TEST_F(ReportTest, ChanceIsNotGuessed) {
  EXPECT_THAT(render_terminal(shown(), {100}), Not(HasSubstr("chance is")));
}

/// More is computed than was asked where texts are generated: the sentence must not look wrong.
TEST_F(ReportTest, GeneratedTokensAreNamedBesideThoseComputed) {
  run_.cost_json = R"({"seconds": 2, "rows_really_computed": 12823, "tokens_submitted": 5289,
                       "generated_tokens": 7691})";
  add_accuracy("exam", "", 4, 2);
  EXPECT_THAT(render_terminal(report(), {200}),
              HasSubstr("12,823 tokens computed of 5,289 asked and 7,691 generated\n"));
}

TEST_F(ReportTest, AReportCarriesHowItWasMade) {
  run_.options_json =
      R"({"arguments": ["run", "--model=demo/nano", "--name=it's"], "folder": "/home/me",
          "settings": {"limit": 4.0}, "data": {"root": "/data", "notes":
          ["data set wikitext: not WikiText-2"]}})";
  run_.cost_json = R"({"seconds": 12.34, "rows_really_computed": 5000, "tokens_submitted": 9000})";
  run_.engine_json = R"({"weight_dtype": "BF16", "device": "cpu", "isa": "avx512"})";
  add_accuracy("exam", "", 4, 2);
  const Report made = report();
  const std::string text = render_markdown(made);
  EXPECT_THAT(text, HasSubstr("flmeval run --model=demo/nano"));
  EXPECT_THAT(text, HasSubstr("first 4 documents of each task"));
  EXPECT_THAT(text, HasSubstr("BF16 weights, computed as fp32, cpu, avx512"));
  EXPECT_THAT(text, HasSubstr("| data | /data; data set wikitext: not WikiText-2 |"));
  EXPECT_THAT(text, HasSubstr("12.3 s, 5,000 tokens computed of 9,000"));
  EXPECT_THAT(render_terminal(made, {100}), HasSubstr("note: data set wikitext: not WikiText-2"));
  EXPECT_THAT(made.results_json, HasSubstr("not WikiText-2"));
}

}  // namespace
}  // namespace flm
