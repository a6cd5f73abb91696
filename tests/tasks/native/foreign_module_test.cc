// A Python file beside a task file that is not lm-evaluation-harness's: not silently replaced.
#include "tasks/native/foreign_module.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "base/errors.h"
#include "tasks/native/native_functions.h"
#include "tasks/native/pinned_modules.h"
#include "tasks/task.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class Kinds>
void add_modules(std::set<std::string>& modules, const Kinds& functions) {
  for (const auto& [key, function] : functions) modules.insert(module_of(key));
}

/// Our own modules, which no Python file has: code/.
std::set<std::string> mirrored_modules() {
  const NativeFunctions& all = native_functions();
  std::set<std::string> modules;
  add_modules(modules, all.process_docs);
  add_modules(modules, all.doc_values);
  add_modules(modules, all.samples);
  add_modules(modules, all.process_results);
  add_modules(modules, all.filters);
  add_modules(modules, all.metrics);
  add_modules(modules, all.aggregations);
  add_modules(modules, all.comparisons);
  std::erase_if(modules, [](const std::string& module) { return module.starts_with("code/"); });
  return modules;
}

TEST(PinnedModules, EveryNativeFunctionSaysWhichPythonItStandsInFor) {
  std::set<std::string> pinned;
  for (const PinnedModule& one : pinned_modules()) {
    EXPECT_EQ(one.sha256.size(), 64U) << one.key;
    pinned.emplace(one.key);
  }
  EXPECT_EQ(pinned, mirrored_modules());
}

class ForeignModule : public ::testing::Test {
 protected:
  void SetUp() override {
    write(
        "hellaswag/rows.jsonl",
        R"({"activity_label": "Run", "ctx_a": "He", "ctx_b": "", "endings": ["a"], "label": "0"})");
    write("hellaswag/mine.yaml",
          "task: mine\ndataset_path: json\ndataset_kwargs: {data_files: {test: rows.jsonl}}\n"
          "test_split: test\noutput_type: multiple_choice\ndoc_to_text: query\n"
          "process_docs: !function utils.process_docs\ndoc_to_target: gold\n"
          "doc_to_choice: choices\n");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }
  TaskSelection load(bool accept) {
    TaskOptions options;
    options.tasks = {file()};
    options.accept_native_functions = accept;
    return load_tasks(options);
  }
  std::string file() const { return (folder_ / "hellaswag/mine.yaml").string(); }

  const TemporaryFolder made_;
  const std::filesystem::path folder_ = made_.path();
};

TEST_F(ForeignModule, IsRefusedUnlessTheUserMeansTheNativeFunction) {
  EXPECT_EQ(load(false).tasks.size(), 1U) << "no Python lies beside it";
  write("hellaswag/utils.py", "def process_docs(docs):\n    return docs\n");
  const auto finding = AllOf(HasSubstr("mine.yaml:7: !function utils.process_docs"),
                             HasSubstr("utils.py is not"), HasSubstr("--accept-native-functions"));
  try {
    load(false);
    ADD_FAILURE() << "the user's own Python is passed over";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), finding);
  }
  EXPECT_THAT(validate_task_file(file(), ""), ElementsAre(finding));
  const TaskSelection accepted = load(true);
  EXPECT_EQ(accepted.tasks.size(), 1U);
  EXPECT_THAT(accepted.notes, ElementsAre(finding));
  EXPECT_THAT(validate_task_file(file(), "", "", true), ElementsAre());
}

}  // namespace
}  // namespace flm
