// Python literals against ast.literal_eval (make_literal_goldens.py).
#include "tasks/python/literal.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/documents/json.h"

namespace flm {
namespace {

TEST(PythonLiteral, IsWhatPythonReads) {
  const Json cases = read_json_file(FLM_SOURCE_DIR "/tests/tasks/python/literal_golden.json");
  ASSERT_GT(cases.size(), 500u);
  for (const Json& one : cases) {
    const std::string text = one[0].get<std::string>();
    const std::optional<PyValue> value = python_literal(text);
    EXPECT_EQ(value ? Json(value->repr()) : Json(nullptr), one[1]) << one[0].dump();
  }
}

}  // namespace
}  // namespace flm
