// The table of environment variables against the sources that read them and the page that shows it.
#include "harness/cli/texts/variables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>

#include "base/system/files.h"
#include "harness/cli/command_table.h"
#include "harness/cli/texts/man_page.h"

namespace flm {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const std::string kTable = "harness/cli/texts/variables.cc";

/// Path below the root and text of each source of the product but the table's.
std::vector<std::pair<std::string, std::string>> product_texts() {
  std::vector<std::pair<std::string, std::string>> out;
  for (const char* folder : {"base", "datasets", "tasks", "engine", "reports", "harness", "bench"})
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(FLM_SOURCE_DIR) / folder)) {
      const std::string path = fs::relative(entry.path(), FLM_SOURCE_DIR).generic_string();
      const bool source = path.ends_with(".cc") || path.ends_with(".cu") || path.ends_with(".h");
      if (source && path != kTable) out.emplace_back(path, read_file(entry.path().string()));
    }
  return out;
}

std::set<std::string> table_names() {
  std::set<std::string> names;
  for (const VariableEntry& variable : variable_table()) names.insert(variable.name);
  return names;
}

TEST(Variables, EachThatIsReadStandsInTheTableAndNoOther) {
  // What is read by name, and names that are handed to it: kNcclFiles, a loop's list.
  const std::regex read("environment(?:_switch)?\\(\\s*\"([A-Z_]+)\"|\"(FLM[A-Z]*_[A-Z_]+)\"");
  std::set<std::string> found;
  std::string all;
  for (const auto& [path, text] : product_texts()) {
    all += text;
    if (path == "engine/nodes/launch.cc") continue;  // launchers' variables, docs/distributed.md
    for (std::sregex_iterator hit(text.begin(), text.end(), read), end; hit != end; ++hit)
      found.insert((*hit)[1].matched ? (*hit)[1] : (*hit)[2]);
  }
  const std::set<std::string> names = table_names();
  for (const std::string& name : found) EXPECT_TRUE(names.contains(name)) << name;
  for (const std::string& name : names) EXPECT_THAT(all, HasSubstr("\"" + name + "\""));
  EXPECT_TRUE(found.contains("FLM_NCCL") && found.contains("HF_HOME"));
}

TEST(Variables, NothingElseReadsTheEnvironment) {
  const std::set<std::string> allowed = {
      "base/system/environment.cc",
      "engine/nodes.cc",                    // what a launcher says
      "engine/nodes/plugin/leave_mpich.cc"  // a library of its own, without base
  };
  for (const auto& [path, text] : product_texts()) {
    if (text.find("getenv(") == std::string::npos) continue;
    EXPECT_TRUE(allowed.contains(path)) << path;
  }
}

TEST(Variables, TheManualPageAndTheDocumentHaveThem) {
  const std::string page = man_page(command_table());
  const std::string document = read_file(FLM_SOURCE_DIR "/docs/command-line.md");
  for (const auto& [name, about] : variable_table()) {
    EXPECT_THAT(page, HasSubstr(".B " + name + "\n"));
    EXPECT_THAT(document, HasSubstr("| `" + name + "` | " + about + " |\n"));
  }
}

}  // namespace
}  // namespace flm
