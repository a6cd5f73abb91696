#include "tasks/python/text.h"

#include <gtest/gtest.h>

#include "base/text/utf8.h"
#include "tasks/python/regex.h"
#include "tasks/python/value.h"
#include "tests/tasks/python/goldens.h"

namespace flm {
namespace {

using Words = std::vector<std::string>;

TEST(PythonText, AgreesWithPythonOnAwkwardStrings) {
  if (!has_shared()) GTEST_SKIP() << "skipped: ../shared is not here";
  const Json rows = golden("units/strings.json.gz");
  ASSERT_GT(rows.size(), 20u);
  const PythonRegex spaces = PythonRegex::compile("\\s+");
  for (const Json& row : rows) {
    const std::string s = row["s"].get<std::string>();
    EXPECT_EQ(utf8_length(s), row["len"].get<size_t>());
    EXPECT_EQ(s.size(), row["utf8"].get<size_t>());
    EXPECT_EQ(python_strip(s), row["strip"].get<std::string>());
    EXPECT_EQ(python_isspace(s), row["isspace"].get<bool>()) << python_repr(s);
    EXPECT_EQ(python_upper(s), row["upper"].get<std::string>());
    EXPECT_EQ(python_lower(s), row["lower"].get<std::string>());
    EXPECT_EQ(python_capitalize(s), row["capitalize"].get<std::string>());
    EXPECT_EQ(python_title(s), row["title"].get<std::string>());
    EXPECT_EQ(python_casefold(s), row["casefold"].get<std::string>());
    EXPECT_EQ(python_isdigit(s), row["isdigit"].get<bool>()) << python_repr(s);
    EXPECT_EQ(python_split(s), row["split"].get<Words>());
    EXPECT_EQ(spaces.split(s).size(), row["words_regex_split"].get<size_t>());
    EXPECT_EQ(python_repr(s), row["repr"].get<std::string>());
  }
}

TEST(PythonText, SplitsLikePython) {
  EXPECT_EQ(python_split("a,b,c", ",", 1), (Words{"a", "b,c"}));
  EXPECT_EQ(python_rsplit("a,b,c", ",", 1), (Words{"a,b", "c"}));
  EXPECT_EQ(python_split(" a  b c ", 1), (Words{"a", "b c "}));
  EXPECT_EQ(python_rsplit(" a  b c ", 1), (Words{" a  b", "c"}));
  EXPECT_EQ(python_split("", ",", -1), (Words{""}));
  EXPECT_EQ(python_splitlines("a\r\nb\n\nc\x1d"
                              "d"),
            (Words{"a", "b", "", "c", "d"}));
  EXPECT_EQ(python_splitlines("a\r\n\rb\n", true), (Words{"a\r\n", "\r", "b\n"}));
  EXPECT_THROW(python_split("a", "", -1), PyError);
}

TEST(PythonText, CountsCodePoints) {
  EXPECT_EQ(python_find("é中x", "x"), 2);
  EXPECT_EQ(python_find("abc", "", 3), 3);
  EXPECT_EQ(python_find("abc", "", 4), -1);
  EXPECT_EQ(python_find("abcabc", "c", -3), 5);
  EXPECT_EQ(python_rfind("中a中", "中"), 2);
  EXPECT_EQ(python_count("aaa", "aa"), 1);
  EXPECT_EQ(python_count("中中", ""), 3);
  EXPECT_EQ(python_replace("中b", "", "-"), "-中-b-");
  EXPECT_EQ(python_replace("aaa", "a", "b", 2), "bba");
  EXPECT_EQ(python_zfill("-7", 4), "-007");
  EXPECT_EQ(python_substring("中文字", -2, 99), "文字");
  EXPECT_EQ(python_strip("xxaxx", "x"), "a");
  EXPECT_EQ(python_lstrip("中中a", "中"), "a");
}

}  // namespace
}  // namespace flm
