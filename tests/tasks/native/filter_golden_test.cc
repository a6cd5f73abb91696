// Native filters against what lm-evaluation-harness's own made of responses
// (make_filter_goldens.py).
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "tasks/native/native_functions.h"
#include "tasks/sandbox/sandbox.h"

namespace flm {
namespace {

Json filter_cases() {
  if (const char* file = std::getenv("FLM_FILTER_GOLDEN")) return read_json_file(file);
  return read_json_file(FLM_SOURCE_DIR "/tests/tasks/native/filter_golden.json");
}

PyValue filtered(const std::string& key, const Json& responses, const Json& doc,
                 const NativeArguments& arguments = {}) {
  const FilterFunction& filter = native_functions().filters.at(key);
  return filter(PyValue::from_json(responses), PyValue::from_json(doc), arguments);
}

NativeArguments arguments_of(const Json& one) {
  NativeArguments out;
  if (one.contains("arguments"))
    for (const auto& [name, value] : one["arguments"].items())
      out.emplace_back(name, PyValue::from_json(value));
  return out;
}

TEST(NativeFilters, GiveWhatTheHarnessGives) {
  const Json cases = filter_cases();
  ASSERT_GT(cases.size(), 100u);
  for (const Json& one : cases) {
    SCOPED_TRACE(one.dump());
    ASSERT_TRUE(one.contains("value"));
    const PyValue value =
        filtered(one["key"].get<std::string>(), one["responses"], one["doc"], arguments_of(one));
    EXPECT_EQ(value.to_json().dump(), one["value"].dump());
  }
}

TEST(NativeFilters, PutMissingLinesBetweenPromptAndSuffix) {
  const Json doc = {{"prompt", "def f():\n"}, {"suffix", "\n    return x\n"}};
  const PyValue value =
      filtered("humaneval_infilling/utils.build_predictions", Json::array({"    x = 1"}), doc);
  EXPECT_EQ(value.items().at(0).str(), "def f():\n    x = 1\n    return x\n");
}

TEST(NativeMetrics, PassAtKOfSelfTestsIsPassAt1WithoutK) {
  const NativeMetric& metric = native_functions().metrics.at("cruxeval/utils.pass_at_k");
  EXPECT_EQ(metric.names({}), std::vector<std::string>{"pass@1"});
  const NativeArguments ks = {{"k", PyValue(PyList{PyValue(1), PyValue(5)})}};
  EXPECT_EQ(metric.names(ks), (std::vector<std::string>{"pass@1", "pass@5"}));
  const auto programs = metric.programs(PyValue("assert f(1)==1"), PyValue("assert True"));
  ASSERT_EQ(programs.size(), 1U);
  EXPECT_EQ(programs[0].candidate, "assert True");
  EXPECT_EQ(programs[0].tests, "") << "the reference is not run";
}

}  // namespace
}  // namespace flm
