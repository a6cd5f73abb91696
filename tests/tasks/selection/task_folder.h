// A folder of small task files over one row, as --include-path.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/errors.h"
#include "tasks/task.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace flm::testing {

/// The tasks one and two, both with the tag `both`; their prompt is "one?".
class TaskFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    write("rows.jsonl", "{\"q\": \"one?\", \"a\": \"1\"}\n");
    write("_base_yaml",
          "dataset_path: json\ndataset_kwargs: {data_files: {test: rows.jsonl}}\n"
          "test_split: test\ndoc_to_text: q\ndoc_to_target: a\n");
    for (const std::string name : {"one", "two"})
      write(name + ".yaml", "include: _base_yaml\ntask: " + name + "\ntag: both\n");
  }

  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  TaskSelection load_all(const std::vector<std::string>& names) {
    TaskOptions options;
    options.tasks = names;
    options.include_path = folder_.string();
    return load_tasks(options);
  }
  TaskSelection load(const std::string& name) { return load_all({name}); }

  std::string error_of(const std::vector<std::string>& names) {
    return flm::error_of([&] { load_all(names); });
  }

  static std::string prompt(const Task& task) {
    return task.items(std::vector<std::int64_t>{0}).at(0).requests.at(0).context;
  }
  static std::vector<std::string> names(const TaskSelection& selection) {
    std::vector<std::string> out;
    for (const auto& task : selection.tasks) out.push_back(task->name());
    return out;
  }

  const TemporaryFolder made_;
  const std::filesystem::path folder_ = made_.path();
};

}  // namespace flm::testing
