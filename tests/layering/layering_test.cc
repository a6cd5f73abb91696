// The house holds its own rules, and each rule is shown to be able to fail.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/files.h"
#include "tests/layering/layering_rules.h"

namespace flm::layering {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Sources below the folders, relative to the root, sorted.
std::vector<std::string> sources(std::initializer_list<const char*> folders) {
  std::vector<std::string> paths;
  for (const char* folder : folders) {
    const fs::path root = fs::path(FLM_SOURCE_DIR) / folder;
    if (!fs::exists(root)) continue;  // bench/ comes later
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      const std::string extension = entry.path().extension();
      if (extension == ".cc" || extension == ".h" || extension == ".cu" || extension == ".cuh")
        paths.push_back(fs::relative(entry.path(), FLM_SOURCE_DIR).generic_string());
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::vector<std::string> product_sources() {
  return sources({"base", "datasets", "tasks", "engine", "reports", "harness", "bench"});
}

std::vector<std::string> all_sources() {
  std::vector<std::string> paths = product_sources();
  for (std::string& path : sources({"tests"})) paths.push_back(std::move(path));
  return paths;
}

template <typename Rule>
std::vector<std::string> problems_of(const std::vector<std::string>& paths, const Rule& rule) {
  std::vector<std::string> problems;
  for (const std::string& path : paths) {
    const std::string text = read_file(std::string(FLM_SOURCE_DIR) + "/" + path);
    for (std::string& problem : rule(path, text)) problems.push_back(std::move(problem));
  }
  return problems;
}

TEST(Layering, EveryFolderHasSources) {
  for (const char* folder : {"base", "datasets", "tasks", "engine", "reports", "harness", "tests"})
    EXPECT_FALSE(sources({folder}).empty()) << folder;
}

TEST(Layering, NoForbiddenEdge) {
  EXPECT_THAT(problems_of(all_sources(), include_problems), IsEmpty());
}

TEST(Layering, NoConditionalCompilation) {
  EXPECT_THAT(problems_of(product_sources(), conditional_problems), IsEmpty());
}

TEST(Layering, FilesAreShort) {
  EXPECT_THAT(problems_of(all_sources(), length_problems), IsEmpty());
}

TEST(Layering, NamesSaySomething) {
  std::vector<std::string> problems;
  for (const std::string& path : all_sources())
    for (std::string& problem : name_problems(path)) problems.push_back(std::move(problem));
  EXPECT_THAT(problems, IsEmpty());
}

TEST(LayeringRules, ForbiddenEdgeIsFound) {
  const auto problem = [](const std::string& path, const std::string& included) {
    const auto found = include_problems(path, "// x\n#include \"" + included + "\"\n");
    return found.empty() ? std::string() : found.front();
  };
  EXPECT_EQ(problem("engine/model/model.cc", "tasks/task.h"),
            "engine/model/model.cc:2: forbidden edge: \"tasks/task.h\"");
  EXPECT_THAT(problem("base/json.h", "datasets/dataset.h"), HasSubstr("forbidden edge"));
  EXPECT_THAT(problem("datasets/formats/csv.cc", "tasks/task.h"), HasSubstr("forbidden edge"));
  EXPECT_THAT(problem("reports/report.cc", "engine/engine.h"), HasSubstr("forbidden edge"));
  EXPECT_THAT(problem("tasks/task.cc", "harness/cli/options.h"), HasSubstr("forbidden edge"));
  EXPECT_THAT(problem("harness/run/run.cc", "tests/x.h"), HasSubstr("forbidden edge"));
  EXPECT_THAT(problem("harness/run/run.cc", "engine/model/model.h"),
              HasSubstr("engine/tokenizer.h only"));
  EXPECT_THAT(problem("engine/cpu/gemm.cc", "gemm.h"), HasSubstr("not from the root"));
  EXPECT_THAT(problem("engine/cpu/gemm.cc", "engine/../tasks/task.h"),
              HasSubstr("not from the root"));
  EXPECT_THAT(problem("engine/cpu/gemm.cc", "tests/x.h"), HasSubstr("forbidden edge"));
  EXPECT_THAT(problem("attic/x.cc", "base/json.h"), HasSubstr("unknown"));
  EXPECT_EQ(problem("engine/cpu/gemm.cc", "engine/checkpoint/tensor.h"), "");
  EXPECT_EQ(problem("harness/run/run.cc", "engine/engine.h"), "");
  EXPECT_EQ(problem("tests/engine/x_test.cc", "engine/model/model.h"), "");
  EXPECT_EQ(problem("tests/engine/x_test.cc", "goldens.h"), "");
  EXPECT_THAT(problem("tests/engine/x_test.cc", "../base/x.h"), HasSubstr("not from the root"));
}

TEST(LayeringRules, IncludesAreReadAsThePreprocessorReadsThem) {
  const auto found = quoted_includes("#pragma once\n  #  include \"base/a.h\"\n#include <b.h>\n");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].line, 2);
  EXPECT_EQ(found[0].path, "base/a.h");
}

TEST(LayeringRules, ConditionalIsFound) {
  EXPECT_THAT(conditional_problems("engine/x.cc", "int a;\n# ifdef __CUDA_ARCH__\n#endif\n"),
              ElementsAre("engine/x.cc:2: conditional compilation: # ifdef __CUDA_ARCH__"));
  EXPECT_THAT(conditional_problems("engine/x.h", "#pragma once\nif (a) b();\n"), IsEmpty());
}

TEST(LayeringRules, LengthAndNameAreFound) {
  EXPECT_THAT(length_problems("a.cc", std::string(kMostLines, '\n')), IsEmpty());
  EXPECT_THAT(length_problems("a.cc", std::string(kMostLines + 1, '\n')),
              ElementsAre("a.cc: 601 lines, more than 600"));
  EXPECT_THAT(name_problems("engine/math_utils.h"), ElementsAre(HasSubstr("\"utils\"")));
  EXPECT_THAT(name_problems("base/common/text.h"), ElementsAre(HasSubstr("\"common\"")));
  EXPECT_THAT(name_problems("base/commonly.h"), IsEmpty());
}

}  // namespace
}  // namespace flm::layering
