#include "tasks/python/text.h"

#include <gtest/gtest.h>

#include "base/text/utf8.h"
#include "tasks/python/methods.h"
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

class NoLimit final : public PyWorkMeter {
 public:
  void charge(std::size_t) override {}
};

/// CPython 3.11: 'abc'.startswith('', 4) is False, 'abc'.endswith('', 3) is True.
TEST(PythonText, ARangeBehindTheTextHasNotEvenNothing) {
  NoLimit meter;
  const auto affix = [&](const char* name, PyList arguments) {
    return python_method(meter, PyValue("abc"), name)
        ->function()
        .call({std::move(arguments), {}})
        .as_bool();
  };
  for (const char* name : {"startswith", "endswith"}) {
    EXPECT_TRUE(affix(name, {"", 3})) << name;
    EXPECT_FALSE(affix(name, {"", 4})) << name;
    EXPECT_FALSE(affix(name, {"", 2, 1})) << name;
    EXPECT_TRUE(affix(name, {"", -9, 0})) << name;
  }
  EXPECT_TRUE(affix("startswith", {"b", 1}));
}

TEST(PythonText, UnderscoresStandBetweenDigitsAlone) {
  EXPECT_EQ(python_parse_float("1_0.5_0e1_0"), 10.5e10);
  for (const char* text : {"1_e5", "1e_5", "_1", "1_", "1__0", "1_.5"})
    EXPECT_THROW(python_parse_float(text), PyError) << text;
  EXPECT_EQ(static_cast<int>(python_parse_int("a_b", 16)), 0xab);
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
  EXPECT_EQ(python_replace("abc", "", "-", 2), "-a-bc");
  EXPECT_EQ(python_replace("abc", "", "-", 0), "abc");
  EXPECT_EQ(python_zfill("-7", 4), "-007");
  EXPECT_EQ(python_substring("中文字", -2, 99), "文字");
  EXPECT_EQ(python_strip("xxaxx", "x"), "a");
  EXPECT_EQ(python_lstrip("中中a", "中"), "a");
}

}  // namespace
}  // namespace flm
