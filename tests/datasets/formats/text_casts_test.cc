// Columns of JSON and CSV files that meet those of another split, file or part, and the forms of
// JSON: fixtures/text_casts/make_text_casts.py has recorded what the datasets library makes of
// them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>

#include "base/documents/unread_value.h"
#include "base/errors.h"
#include "datasets/dataset.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

/// The files of a case in a folder of their own.
class CaseFiles {
 public:
  explicit CaseFiles(const Json& one) : format_(one["format"]), kwargs_(one["kwargs"]) {
    if (one.contains("repeated")) {
      const Json& parts = one["repeated"];
      std::string text = parts[0];
      for (int i = 0; i < 10'000; ++i) text += parts[1].get<std::string>();
      add("test", text + parts[2].get<std::string>());
    } else {
      for (const auto& [split, texts] : one["files"].items())
        for (const Json& text : texts) add(split, text);
    }
  }

  std::vector<Json> rows() const {
    const std::string folder = made_.path() + "/";
    return DatasetCatalog("").load({format_, "", kwargs_.dump(), folder}, "test")->rows;
  }

 private:
  void add(const std::string& split, const std::string& text) {
    Json& names = kwargs_["data_files"][split];
    const std::string name = split + std::to_string(names.size()) + "." + format_;
    std::ofstream(fs::path(made_.path()) / name, std::ios::binary) << text;
    names.push_back(name);
  }

  const TemporaryFolder made_;
  const std::string format_;
  Json kwargs_;
};

bool holds_unread(const Json& value) {
  if (why_unread(value)) return true;
  return value.is_structured() && std::any_of(value.begin(), value.end(), holds_unread);
}

/// Rows as lines, or "refused" where there are none or a value of them is refused to who names it.
std::string result_of(const CaseFiles& files, std::size_t last) {
  std::string out;
  try {
    std::vector<Json> rows = files.rows();
    if (rows.size() > last)
      rows.erase(rows.begin(), rows.end() - static_cast<std::ptrdiff_t>(last));
    for (const Json& row : rows) {
      if (holds_unread(row)) return "refused";
      out += python_json_dumps(row) + "\n";
    }
  } catch (const UserError&) {
    return "refused";
  }
  return out;
}

const Json& cases() {
  static const Json all = read_json_file(std::string(FLM_SOURCE_DIR) +
                                         "/tests/datasets/fixtures/text_casts/text_casts.json");
  return all;
}

TEST(TextCasts, AreThoseOfTheDatasetsLibrary) {
  ASSERT_GT(cases().size(), 1000u);
  for (const Json& one : cases()) {
    std::string expected;
    for (const Json& row : one["test"]) expected += python_json_dumps(row) + "\n";
    if (one["test"].is_null()) expected = "refused";
    // A column that only a later split has is read here.
    if (one["name"] == "a column more") continue;
    const std::string result = result_of(CaseFiles(one), one.contains("repeated") ? 2 : 1000);
    // Texts of JSON, which the library writes of these, are not written here.
    static const std::regex texts_of_json("(mixed.*|.*objects?) after text.*");
    if (result == "refused" && std::regex_match(one["name"].get<std::string>(), texts_of_json))
      continue;
    EXPECT_EQ(result, expected) << one["format"] << ": " << one["name"];
  }
}

TEST(TextCasts, ARefusedColumnIsNamedWithBothTypesAndTheRemedy) {
  const auto why = [](const char* name) {
    for (const Json& one : cases())
      if (one["format"] == "json" && one["name"] == name)
        return why_unread(CaseFiles(one).rows().at(0)["c"]).value_or("read");
    return std::string("no such case");
  };
  EXPECT_THAT(why("fraction after whole"),
              AllOf(HasSubstr("test0.json: the column c is double here, which the datasets "
                              "library refuses to cast to int64, its type in "),
                    HasSubstr("train0.json; write the same type in both")));
  EXPECT_THAT(why("a file of fraction after one of whole"),
              HasSubstr("test1.json: the column c is double here"))
      << "the first file's rows are refused too";
  EXPECT_THAT(why("wider object after object"),
              HasSubstr("is struct<b: int64, a: int64> here, which the datasets library refuses to "
                        "cast to struct<a: int64>, its"));
  EXPECT_THAT(why("mixed after text"),
              HasSubstr("the column c is several types here, which the datasets library would "
                        "write as texts of JSON for string, its type in "));
}

}  // namespace
}  // namespace flm
