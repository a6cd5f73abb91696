// Single functions against lm-evaluation-harness's recorded units.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/errors.h"
#include "tasks/items/prompt.h"
#include "tasks/scoring/filters.h"
#include "tasks/scoring/known_metrics.h"
#include "tests/error_of.h"
#include "tests/tasks/conformance/records.h"

namespace flm {
namespace {

Json unit(const std::string& name) {
  const std::string path = conformance_folder() + "units/" + name;
  return path.ends_with(".gz") ? read_gzipped_json(path) : read_json_file(path);
}

std::string text_of(const Json& value) { return value.is_null() ? "" : value.get<std::string>(); }

TEST(Delimiters, AreAsRecorded) {
  FLM_NEED_SHARED();
  for (const Json& one : unit("delimiters.json.gz")) {
    const std::string prefix = text_of(one["prefix"]), suffix = text_of(one["suffix"]);
    EXPECT_EQ(maybe_delimit(prefix, suffix, one["delimiter"].get<std::string>()),
              one["maybe_delimit"])
        << one.dump();
    const Json& required = one["requires_delimiter"];
    if (required.is_object() && required.contains("value")) {
      EXPECT_EQ(requires_delimiter(prefix, suffix), required["value"]) << one.dump();
    }
  }
}

TEST(ExactMatch, ScoresPairsAsRecorded) {
  FLM_NEED_SHARED();
  const Json all = unit("exact_match.json.gz");
  for (const Json& one : all["cases"]) {
    const Json& options = one["options"];
    MetricSpec spec;
    spec.ignore_case = options.value("ignore_case", false);
    spec.ignore_punctuation = options.value("ignore_punctuation", false);
    spec.ignore_numbers = options.value("ignore_numbers", false);
    if (options.contains("regexes_to_ignore")) {
      spec.regexes_to_ignore.emplace();
      for (const Json& regex : options["regexes_to_ignore"])
        spec.regexes_to_ignore->push_back(regex.get<std::string>());
    }
    const ExactMatch exact(spec);
    for (std::size_t i = 0; i < all["pairs"].size(); ++i) {
      const Json& pair = all["pairs"][i];
      const PyValue said(pair[0].get<std::string>()), right(pair[1].get<std::string>());
      const ExactMatch::Widths widths{exact.width({said}), exact.width({right})};
      EXPECT_EQ(exact(said, right, widths) ? 1.0 : 0.0, one["scores"][i])
          << options.dump() << pair.dump();
    }
  }
}

FilterStep step_of(const std::string& function, const Json& arguments) {
  FilterStep step{function, {}, "test.yaml:1"};
  for (const auto& [name, value] : arguments.items())
    step.arguments.emplace_back(name, PyValue::from_json(value));
  return step;
}

std::vector<std::string> texts(const Json& list) {
  std::vector<std::string> out;
  for (const Json& item : list) out.push_back(item.get<std::string>());
  return out;
}

TEST(Filters, EveryRegexOfTheTaskFilesPicksAsRecorded) {
  FLM_NEED_SHARED();
  const Json all = unit("filters.json.gz");
  for (const Json& one : all["regex"]) {
    const FilterStep step = step_of(
        "regex", {{"regex_pattern", one["regex_pattern"]}, {"group_select", one["group_select"]}});
    const Filter filter({"none", {step}});
    EXPECT_EQ(filter.apply(texts(all["responses"]), {}).to_json(), one["value"])
        << one["regex_pattern"];
  }
}

/// RegexFilter strips what it found, the fall-back too where a match has empty groups alone, and
/// leaves it as it is without a match (lm_eval/filters/extraction.py).
TEST(Filters, TheFallbackIsStrippedWhereSomethingMatched) {
  const Json arguments = {{"regex_pattern", "(a*)(b*)x"}, {"fallback", " none "}};
  const Filter filter({"none", {step_of("regex", arguments)}});
  EXPECT_EQ(filter.apply({"x", "y", "ax"}, {}).to_json(), Json::array({"none", " none ", "a"}));
}

TEST(Filters, PipelinesGiveWhatIsRecorded) {
  FLM_NEED_SHARED();
  const Json recorded = unit("filters.json.gz");
  for (const Json& one : recorded["pipelines"]) {
    SCOPED_TRACE(one["filters"].dump());
    FilterPipeline pipeline{"none", {}};
    for (const Json& step : one["filters"])
      pipeline.steps.push_back(
          step_of(step[0].get<std::string>(), step[1].is_null() ? Json::object() : Json(step[1])));
    const Filter filter(pipeline);
    Json got = Json::array();
    const auto run = [&] {
      for (std::size_t i = 0; i < one["docs"].size(); ++i) {
        const PyValue doc = PyValue::from_json(one["docs"][i]);
        got.push_back(filter.apply(texts(one["resps"][i]), doc).to_json());
      }
    };
    if (one.contains("error")) {
      EXPECT_THROW(run(), UserError);
    } else {
      run();
      EXPECT_EQ(got, one["value"]);
    }
  }
}

/// Filters on each other's values (make_filter_goldens.py): empty ones, what map gives, one text.
TEST(Filters, ChainsGiveWhatIsRecorded) {
  const Json recorded =
      read_json_file(FLM_SOURCE_DIR "/tests/tasks/conformance/filter_golden.json");
  ASSERT_GT(recorded["rows"].size(), 2000u);
  PyDict document;
  document.set("choices", PyValue::from_json(recorded["choices"]));
  for (const Json& row : recorded["rows"]) {
    SCOPED_TRACE(row.dump());
    FilterPipeline pipeline{"none", {}};
    for (Json step : row["steps"]) {
      const std::string function = step["function"].get<std::string>();
      step.erase("function");
      pipeline.steps.push_back(step_of(function, step));
    }
    const Filter filter(pipeline);
    Json got;
    const std::string error =
        error_of([&] { got = filter.apply(texts(row["answers"]), document).to_json(); });
    EXPECT_EQ(error.empty(), row.contains("value")) << error << got.dump();
    if (row.contains("value")) {
      EXPECT_EQ(got, row["value"]) << error;
    }
  }
}

TEST(Filters, WhatMapGivesIsNamedWhereATextIsWanted) {
  const Filter filter({"none",
                       {step_of("map", {{"mapping_dict", Json::object()}, {"default_value", 7}}),
                        step_of("remove_whitespace", Json::object())}});
  EXPECT_EQ(error_of([&] { filter.apply({"a"}, PyValue(PyDict())); }),
            "test.yaml:1: remove_whitespace takes texts, not what map gave (int): 7; let "
            "mapping_dict and default_value be texts, or put map last");
  const Filter vote(
      {"none", {step_of("take_first", Json::object()), step_of("majority_vote", Json::object())}});
  EXPECT_EQ(error_of([&] { vote.apply({""}, PyValue(PyDict())); }),
            "test.yaml:1: majority_vote of nothing: ''; put it before the step that takes one "
            "response");
}

/// SPANFilter of lm-evaluation-harness 0.4.13.
TEST(Filters, SpansLeaveOutWhatIsNone) {
  const Filter filter({"none", {step_of("format_span", Json::object())}});
  const auto spans = [&](const std::string& text) {
    return filter.apply({text}, PyValue(PyDict())).to_json().dump();
  };
  EXPECT_EQ(spans("Person: Ada, none\nLocation: NONE"), R"(["per: ada"])");
  EXPECT_EQ(spans("person: None"), R"([""])");
  EXPECT_EQ(spans("PER: Noneya, None , bob $ date: none, 1999"),
            R"(["per: noneya $ per: bob $ date: 1999"])");
}

TEST(MultipleChoice, EdgesAreAsRecorded) {
  FLM_NEED_SHARED();
  for (const Json& one : unit("multiple_choice.json")) {
    SCOPED_TRACE(one["what"].dump());
    ChoiceAnswers answers;
    answers.choices = texts(one["choices"]);
    for (const Json& result : one["results"]) {
      answers.logprobs.push_back(number(result[0]));
      answers.greedy.push_back(result[1].get<bool>());
    }
    answers.gold_is_list = one["gold"].is_array();
    for (const Json& gold : answers.gold_is_list ? one["gold"] : Json::array({one["gold"]})) {
      const auto index = gold.get<std::int64_t>();
      answers.gold.push_back(index < static_cast<std::int64_t>(answers.choices.size()) ? index
                                                                                       : -100);
    }
    for (const auto& [metric, expected] : one["value"].items()) {
      const std::vector<double> got = choice_value(metric, answers);
      if (metric != "brier_score") {
        EXPECT_EQ(got, std::vector<double>{number(expected)}) << metric;
        continue;
      }
      ASSERT_EQ(got.size(), 1 + expected[1].size());
      EXPECT_EQ(got[0], expected[0]);
      for (std::size_t i = 0; i < expected[1].size(); ++i) {
        const double p = number(expected[1][i]);
        if (std::isnan(p)) {
          EXPECT_TRUE(std::isnan(got[i + 1]));
        } else {
          EXPECT_DOUBLE_EQ(got[i + 1], p);
        }
      }
    }
  }
}

TEST(RollingWindows, CoverTheTextAsRecorded) {
  FLM_NEED_SHARED();
  int checked = 0;
  for (const Json& one : unit("rolling_windows.json.gz")) {
    if (one["context_len"] != 1) continue;  // what loglikelihood_rolling uses
    SCOPED_TRACE(one.dump());
    const auto tokens = one["tokens"].get<std::int64_t>();
    std::vector<std::int64_t> x = {one["prefix"].get<std::int64_t>()};
    for (std::int64_t i = 0; i < tokens; ++i) x.push_back(i);
    Json got = Json::array();
    for (const TextWindow& w : rolling_windows(tokens, one["max_seq_len"].get<int>())) {
      // make_disjoint_window gives (context, continuation): inputs before the first scored token.
      const auto scored = w.score_end - w.score_begin;
      EXPECT_EQ(w.input_end, w.score_end);
      Json context = Json::array(), continuation = Json::array();
      for (std::int64_t i = w.input_begin; i < w.input_end - scored + 1; ++i)
        context.push_back(x[static_cast<std::size_t>(i)]);
      for (std::int64_t i = w.score_begin; i < w.score_end; ++i) continuation.push_back(i);
      got.push_back(Json::array({context, continuation}));
    }
    EXPECT_EQ(got, one["disjoint"]);
    ++checked;
  }
  EXPECT_GE(checked, 7);
}

}  // namespace
}  // namespace flm
