// str.format and % against CPython 3.11's (make_format_goldens.py).
#include "tasks/python/format.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "tasks/python/literal.h"

namespace flm {
namespace {

/// null where it raises, as in the goldens.
Json formatted(const std::string& method, const std::string& format, const PyValue& values) {
  try {
    return method == "%" ? python_percent_format(format, values)
                         : python_brace_format(format, {values.items(), {}});
  } catch (const PyError&) {
    return nullptr;
  }
}

TEST(PythonFormat, IsCPythons) {
  const char* other = std::getenv("FLM_FORMAT_CASES");  // a larger file of the same program
  const Json cases =
      read_json_file(other ? other : FLM_SOURCE_DIR "/tests/tasks/python/format_golden.json");
  ASSERT_GE(cases.size(), 500u);
  for (const Json& one : cases) {
    const std::optional<PyValue> values = python_literal(one[2].get<std::string>());
    ASSERT_TRUE(values) << one.dump();
    EXPECT_EQ(formatted(one[0], one[1], *values), one[3]) << one.dump();
  }
}

}  // namespace
}  // namespace flm
