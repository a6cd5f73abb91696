// The house holds its own rules, and each rule is shown to be able to fail.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <stdexcept>

#include "base/system/files.h"
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

std::string rooms_text() { return read_file(FLM_SOURCE_DIR "/tests/layering/rooms.txt"); }

TEST(Layering, NoForbiddenEdge) {
  const Rooms rooms = Rooms::parse(rooms_text());
  EXPECT_THAT(problems_of(all_sources(),
                          [&](const std::string& path, std::string_view text) {
                            return include_problems(rooms, path, text);
                          }),
              IsEmpty());
}

TEST(Layering, EveryRoomIsThere) {
  for (const std::string& room : Rooms::parse(rooms_text()).names())
    EXPECT_TRUE(fs::exists(fs::path(FLM_SOURCE_DIR) / room)) << room;
}

TEST(Layering, TheDocumentShowsTheRules) {
  EXPECT_THAT(read_file(FLM_SOURCE_DIR "/docs/architecture.md"),
              HasSubstr("```\n" + rooms_text() + "```\n"));
}

TEST(Layering, HeadersLieBesideTheirBodiesAndComeFirst) {
  const std::vector<std::string> paths = product_sources();
  const std::set<std::string> files(paths.begin(), paths.end());
  EXPECT_THAT(
      problems_of(paths, [&](const std::string& path,
                             std::string_view text) { return header_problems(path, text, files); }),
      IsEmpty());
}

TEST(Layering, NoIncludeInACircle) {
  std::map<std::string, std::vector<std::string>> includes;
  for (const std::string& path : product_sources())
    for (const Include& include :
         quoted_includes(read_file(std::string(FLM_SOURCE_DIR) + "/" + path)))
      includes[path].push_back(include.path);
  EXPECT_THAT(circle_problems(includes), IsEmpty());
}

TEST(Layering, ATypeHasOneHome) {
  std::map<std::string, std::vector<std::string>> homes;
  for (const std::string& path : product_sources()) {
    if (!path.ends_with(".h")) continue;
    for (const std::string& type :
         defined_types(read_file(std::string(FLM_SOURCE_DIR) + "/" + path)))
      homes[type].push_back(path);
  }
  EXPECT_GT(homes.size(), 100u);
  EXPECT_THAT(home_problems(homes), IsEmpty());
}

/// Each path with all its ends: engine/cpu/x.h, cpu/x.h, x.h.
std::set<std::string> ends_of(const std::vector<std::string>& paths) {
  std::set<std::string> ends;
  for (const std::string& path : paths) {
    ends.insert(path);
    for (std::size_t at = path.find('/'); at != std::string::npos; at = path.find('/', at + 1))
      ends.insert(path.substr(at + 1));
  }
  return ends;
}

TEST(Layering, CommentsNameFilesThatAreThere) {
  const std::set<std::string> files = ends_of(all_sources());
  const std::set<std::string> foreign = {"nccl.h", "nvml.h", "linux/magic.h"};
  std::vector<std::string> paths = all_sources();
  std::erase_if(paths, [](const std::string& path) { return path.starts_with("tests/layering/"); });
  EXPECT_THAT(problems_of(paths,
                          [&](const std::string& path, std::string_view text) {
                            return comment_problems(path, text, files, foreign);
                          }),
              IsEmpty());
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

/// A small house: two folders, a wing with a door above it.
constexpr const char* kHouse =
    "# comment\n"
    "base:\n"
    "base/text:      base\n"
    "data:\n"
    "engine/engine.h:\n"
    "engine/model:   engine/engine.h\n"
    "engine:         engine/engine.h engine/model\n"
    "harness:        data engine/engine.h\n"
    "tests:          data engine engine/model engine/engine.h\n";

TEST(LayeringRules, ForbiddenEdgeIsFound) {
  const Rooms house = Rooms::parse(kHouse);
  const auto problem = [&](const std::string& path, const std::string& included) {
    const auto found = include_problems(house, path, "// x\n#include \"" + included + "\"\n");
    return found.empty() ? std::string() : found.front();
  };
  EXPECT_EQ(problem("engine/run.cc", "data/rows.h"),
            "engine/run.cc:2: forbidden edge, engine may not include data: \"data/rows.h\"");
  EXPECT_THAT(problem("base/json.h", "data/rows.h"), HasSubstr("base may not include data"));
  EXPECT_THAT(problem("base/json.h", "base/text/utf8.h"),
              HasSubstr("base may not include base/text"));
  EXPECT_THAT(problem("harness/run.cc", "engine/model/model.h"), HasSubstr("forbidden edge"));
  EXPECT_THAT(problem("harness/run.cc", "engine/run.h"), HasSubstr("forbidden edge"));
  EXPECT_THAT(problem("harness/run.cc", "tests/x.h"), HasSubstr("forbidden edge"));
  EXPECT_THAT(problem("engine/model/layer.cc", "engine/run.h"),
              HasSubstr("engine/model may not include engine"));
  EXPECT_THAT(problem("engine/model/layer.cc", "layer.h"), HasSubstr("not from the root"));
  EXPECT_THAT(problem("engine/run.cc", "engine/../data/rows.h"), HasSubstr("not from the root"));
  EXPECT_THAT(problem("attic/x.cc", "base/json.h"), HasSubstr("no room"));
  EXPECT_EQ(problem("engine/model/deeper/x.cc", "engine/model/model.h"), "");
  EXPECT_EQ(problem("engine/model/layer.cc", "engine/engine.h"), "");
  EXPECT_EQ(problem("engine/run.cc", "base/json.h"), "");
  EXPECT_EQ(problem("engine/run.cc", "base/text/utf8.h"), "");
  EXPECT_EQ(problem("base/text/utf8.cc", "base/errors.h"), "");
  EXPECT_EQ(problem("harness/run.cc", "engine/engine.h"), "");
  EXPECT_EQ(problem("tests/engine/x_test.cc", "engine/model/model.h"), "");
  EXPECT_EQ(problem("tests/engine/x_test.cc", "goldens.h"), "");
  EXPECT_THAT(problem("tests/engine/x_test.cc", "../base/x.h"), HasSubstr("not from the root"));
}

TEST(LayeringRules, ARoomNamesOnlyRoomsAboveIt) {
  const auto error = [](const std::string& text) -> std::string {
    try {
      Rooms::parse(text);
    } catch (const std::runtime_error& caught) {
      return caught.what();
    }
    return "";
  };
  EXPECT_EQ(error("base:\na: b\nb:\n"),
            "rooms.txt:2: a names a room that does not stand above it: b");
  EXPECT_EQ(error("base:\na: a\n"), "rooms.txt:2: a names a room that does not stand above it: a");
  EXPECT_EQ(error("base:\nbase:\n"), "rooms.txt:2: this room stands twice: base");
  EXPECT_EQ(error("base\n"), "rooms.txt:1: a room wants a colon behind its name: base");
  EXPECT_EQ(error(kHouse), "");
}

TEST(LayeringRules, AHeaderBesideItsBodyComesFirst) {
  const std::set<std::string> files = {"a/x.h", "a/x.cc", "a/b/y.cc", "a/door.h", "c/z.h"};
  const auto problems = [&](const std::string& path, const std::string& text) {
    return header_problems(path, text, files);
  };
  EXPECT_THAT(problems("a/x.cc", "// x\n#include \"a/x.h\"\n#include <map>\n"), IsEmpty());
  EXPECT_THAT(problems("a/x.cc", "#include <map>\n#include \"a/x.h\"\n"),
              ElementsAre("a/x.cc: its own header comes first: \"a/x.h\""));
  EXPECT_THAT(problems("a/x.cu", "#include \"a/door.h\"\n#include \"a/x.h\"\n"),
              ElementsAre("a/x.cu: its own header comes first: \"a/x.h\""));
  EXPECT_THAT(problems("a/b/y.cc", "#include <map>\n#include \"a/door.h\"\n"), IsEmpty());
  EXPECT_THAT(problems("a/b/y.cc", "#include \"c/z.h\"\n"),
              ElementsAre(HasSubstr("lies in another folder")));
  EXPECT_THAT(problems("a/x.h", "// x\n#pragma once\n#include <map>\n"), IsEmpty());
  EXPECT_THAT(problems("a/x.h", "#include <map>\n#pragma once\n"),
              ElementsAre(HasSubstr("#pragma once")));
  EXPECT_THAT(problems("a/x.h", ""), ElementsAre(HasSubstr("#pragma once")));
}

TEST(LayeringRules, CircleIsFound) {
  EXPECT_THAT(circle_problems({{"a.h", {"b.h"}}, {"b.h", {"c.h"}}, {"c.h", {"d.h"}}}), IsEmpty());
  EXPECT_THAT(circle_problems({{"a.h", {"b.h", "c.h"}}, {"b.h", {"c.h"}}, {"c.h", {"b.h"}}}),
              ElementsAre("includes run in a circle: b.h -> c.h -> b.h"));
}

TEST(LayeringRules, IncludesAreReadAsThePreprocessorReadsThem) {
  const auto found = quoted_includes("#pragma once\n  #  include \"base/a.h\"\n#include <b.h>\n");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].line, 2);
  EXPECT_EQ(found[0].path, "base/a.h");
}

TEST(LayeringRules, TypesAreReadWithTheirNamespaces) {
  EXPECT_THAT(
      defined_types("namespace flm {\nstruct Declared;\nstruct A {\n  struct Inner {\n  };\n};\n"
                    "class B final : public A {\n};\nnamespace cuda {\nenum class A { kX };\n"
                    "}  // namespace cuda\nnamespace {\nstruct D {\n};\n}  // namespace\n}  // "
                    "namespace flm\nstruct C {};\n"),
      ElementsAre("flm::A", "flm::B", "flm::cuda::A", "C"));
}

TEST(LayeringRules, ATypeWithTwoHomesIsFound) {
  EXPECT_THAT(home_problems({{"flm::A", {"a.h", "b/a.h"}}, {"flm::B", {"b.h"}}}),
              ElementsAre("flm::A has two homes: a.h and b/a.h"));
}

TEST(LayeringRules, ConditionalIsFound) {
  EXPECT_THAT(conditional_problems("engine/x.cc", "int a;\n# ifdef __CUDA_ARCH__\n#endif\n"),
              ElementsAre("engine/x.cc:2: conditional compilation: # ifdef __CUDA_ARCH__"));
  EXPECT_THAT(conditional_problems("engine/x.h", "#pragma once\nif (a) b();\n"), IsEmpty());
}

TEST(LayeringRules, ACommentThatNamesNoFileIsFound) {
  const auto problems = [](const std::string& text) {
    return comment_problems("a/y.cc", text, {"a/x.h", "x.h"}, {"nvml.h"});
  };
  EXPECT_THAT(problems("int a;  // as x.h, a/x.h and nvml.h have it\n"), IsEmpty());
  EXPECT_THAT(problems("// families/NAME.cc, kernels_*.cc\nprint(\"other.h\");\n"), IsEmpty());
  EXPECT_THAT(problems("int a;\n/// (see old/x.h).\n"),
              ElementsAre("a/y.cc:2: the comment names a file that is not there: old/x.h"));
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
