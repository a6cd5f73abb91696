// Native functions against what lm-evaluation-harness's own gave (make_native_goldens.py), and over
// rows that hold something else.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/errors.h"
#include "reports/statistics/aggregates/aggregate.h"
#include "tasks/native/native_functions.h"

namespace flm {
namespace {

/// The function of a key as a file in its folder would find it.
template <class Function>
const Function& function_of(const std::map<std::string, Function>& kind, const std::string& key) {
  const std::size_t slash = key.rfind('/');
  const std::string file = "/lm_eval/tasks/" + key.substr(0, slash) + "/task.yaml";
  const Function* found = find_native(kind, file, key.substr(slash + 1));
  FLM_CHECK(found != nullptr, "no native function " + key);
  return *found;
}

Json scores_of(const Json& one) {
  std::vector<RequestAnswer> answers;
  NativeResults results;
  if (one["response"].is_array()) {
    for (const Json& pair : one["response"])
      answers.push_back({.logprob = pair[0].get<double>(),
                         .is_greedy = pair[1].get<bool>(),
                         .texts = {},
                         .cut = {}});
    results.answers = answers;
  } else {
    results.filtered = PyValue(one["response"].get<std::string>());
  }
  const auto& score =
      function_of(native_functions().process_results, one["key"].get<std::string>());
  Json values = Json::object();
  for (const auto& [name, value] : score(PyValue::from_json(one["doc"]), results))
    values[name] = value;
  return values;
}

/// A metric's number, or the several that its aggregation takes: lists of them one after another.
std::vector<double> numbers_of(const Json& value) {
  if (!value.is_array()) return {value.get<double>()};
  std::vector<double> out;
  for (const Json& part : value)
    for (double number : numbers_of(part)) out.push_back(number);
  return out;
}

void expect_numbers(const std::vector<double>& given, const std::vector<double>& wanted) {
  ASSERT_EQ(given.size(), wanted.size());
  for (std::size_t i = 0; i < given.size(); ++i) {
    EXPECT_EQ(std::isnan(given[i]), std::isnan(wanted[i]));
    if (std::isnan(wanted[i])) continue;
    EXPECT_NEAR(given[i], wanted[i], 1e-12);
  }
}

/// What the pairs {gold, response} of all documents come to.
Json compared(const std::string& key, const Json& pairs) {
  const NativeComparison& comparison = function_of(native_functions().comparisons, key);
  ItemValues items;
  for (const Json& pair : pairs)
    items.push_back(comparison.numbers(PyValue::from_json(pair.at("gold")),
                                       PyValue::from_json(pair.at("response"))));
  return *aggregate(comparison.aggregation, items);
}

Json value_of(const Json& one) {
  const std::string key = one["key"].get<std::string>();
  const NativeFunctions& all = native_functions();
  if (one["kind"] == "value")
    return function_of(all.doc_values, key)(PyValue::from_json(one["doc"])).to_json();
  if (one["kind"] == "results") return scores_of(one);
  if (one["kind"] == "comparison") return compared(key, one["doc"]);
  const std::vector<Json> rows = one["doc"].get<std::vector<Json>>();
  return function_of(all.process_docs, key)(rows);
}

void expect_value(const Json& one) {
  const Json value = value_of(one);
  if (one["kind"] == "comparison") return expect_numbers({value}, {one["value"]});
  if (one["kind"] != "results") {
    EXPECT_EQ(value.dump(), one["value"].dump());
    return;
  }
  ASSERT_EQ(value.size(), one["value"].size());
  for (const auto& [name, numbers] : one["value"].items()) {
    SCOPED_TRACE(name);
    expect_numbers(numbers_of(value.at(name)), numbers_of(numbers));
  }
}

/// The cases of every file of goldens/, or of FLM_NATIVE_GOLDEN.
Json golden_cases() {
  if (const char* file = std::getenv("FLM_NATIVE_GOLDEN")) return read_json_file(file);
  Json all = Json::array();
  for (const auto& entry :
       std::filesystem::directory_iterator(FLM_SOURCE_DIR "/tests/tasks/native/goldens"))
    for (Json& one : read_json_file(entry.path().string())) all.push_back(std::move(one));
  return all;
}

TEST(NativeFunctions, GiveWhatTheHarnessGives) {
  const Json cases = golden_cases();
  ASSERT_GT(cases.size(), 500u);
  for (const Json& one : cases) {
    SCOPED_TRACE(one.dump());
    if (one.contains("error")) {
      EXPECT_THROW(value_of(one), UserError);
    } else {
      expect_value(one);
    }
  }
}

/// What may stand anywhere in a data set's file.
const std::vector<Json>& strange_values() {
  static const std::vector<Json> values = {nullptr,
                                           true,
                                           0,
                                           -1,
                                           1e300,
                                           9223372036854775807,
                                           std::numeric_limits<std::int64_t>::min(),
                                           "",
                                           "x",
                                           "7",
                                           Json::array(),
                                           Json::object(),
                                           Json::array({nullptr}),
                                           Json::array({1}),
                                           Json::array({"x"}),
                                           Json::array({Json::array()}),
                                           Json::array({Json::object()}),
                                           Json{{"x", 1}}};
  return values;
}

/// Places of all values inside of a document.
void add_places(const Json& value, const Json::json_pointer& here,
                std::vector<Json::json_pointer>& places) {
  if (!here.empty()) places.push_back(here);
  if (value.is_array())
    for (std::size_t i = 0; i < value.size(); ++i) add_places(value[i], here / i, places);
  if (value.is_object())
    for (const auto& [key, below] : value.items()) add_places(below, here / key, places);
}

/// Each value in turn makes room for each strange one; a row stays an object.
void expect_values_or_user_errors(Json one) {
  const Json doc = one["doc"];
  std::vector<Json::json_pointer> places;
  add_places(doc, Json::json_pointer(), places);
  for (const Json::json_pointer& place : places) {
    if (doc.is_array() && place.parent_pointer().empty()) continue;
    for (const Json& strange : strange_values()) {
      one["doc"] = doc;
      one["doc"][place] = strange;
      try {
        value_of(one);
      } catch (const UserError&) {
      } catch (const std::exception& error) {
        ADD_FAILURE() << one["key"] << " " << place << " = " << strange << ": " << error.what();
      }
    }
  }
}

TEST(NativeFunctions, GiveValuesOrUserErrorsForAnyValueAnywhere) {
  std::map<std::string, int> asked;
  for (const Json& one : golden_cases())
    if (asked[one["key"].get<std::string>()]++ == 0) expect_values_or_user_errors(one);
  EXPECT_GT(asked.size(), 100u);
}

/// The gold answer of a row of HellaSwag with this label.
std::int64_t gold_of(const Json& label) {
  const Json row = {{"activity_label", "a"},
                    {"ctx_a", "b"},
                    {"ctx_b", "c"},
                    {"endings", {"x", "y"}},
                    {"label", label}};
  const auto rows = native_functions().process_docs.at("hellaswag/utils.process_docs")({row});
  return rows.at(0)["gold"].get<std::int64_t>();
}

// The harness writes int(doc["label"]).
TEST(NativeFunctions, TakeLabelsAsPythonsInt) {
  EXPECT_EQ(gold_of(3), 3);
  EXPECT_EQ(gold_of(" 3"), 3);
  EXPECT_EQ(gold_of(2.9), 2);
  EXPECT_EQ(gold_of(-2.9), -2);
  EXPECT_EQ(gold_of(true), 1);
  for (const Json& label : std::vector<Json>{1e300, std::nan(""), "12345678901234567890",
                                             18446744073709551615u, nullptr, "x", Json::array()})
    EXPECT_THROW(gold_of(label), UserError) << label;
}

TEST(NativeFunctions, ForeignRowsAreTheUsersError) {
  const NativeFunctions& all = native_functions();
  const PyValue empty = PyValue(PyDict());
  for (const char* key : {"race/preprocess_race.doc_to_text", "coqa/utils.doc_to_text",
                          "mmlu_pro/utils.doc_to_text", "xcopa/utils.doc_to_text_zh"})
    EXPECT_THROW(all.doc_values.at(key)(empty), UserError) << key;
  for (const char* key : {"drop/utils.process_results", "hendrycks_math/utils.process_results",
                          "aime/utils.process_results", "agieval/utils.process_results"})
    EXPECT_THROW(all.process_results.at(key)(empty, {}), UserError) << key;
  for (const char* key : {"mmlu_pro/utils.process_math", "hendrycks_math/utils.process_docs"})
    EXPECT_THROW(all.process_docs.at(key)({Json::object()}), UserError) << key;
}

}  // namespace
}  // namespace flm
