// What lies in a folder of checkpoints, where not all of it may be read.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "engine/checkpoint_state.h"
#include "tests/base/system/as_nobody.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

/// "NAME STATE STEP, …".
std::string survey_by_nobody(const std::string& folder) {
  return as_nobody([&] {
    std::string text;
    for (const CheckpointState& one : survey_checkpoints(folder).checkpoints)
      text +=
          one.name + " " + name_of(one.state) + " " + std::to_string(one.step.value_or(-1)) + ", ";
    return text;
  });
}

TEST(Survey, AFolderThatMayNotBeReadKeepsNobodyFromTheOthers) {
  const TemporaryFolder folder;
  const std::string& root = folder.path();
  fs::permissions(root, fs::perms::all);
  for (const char* name : {"step_100", "step_200", "logs"})
    fs::create_directory(fs::path(root) / name);
  std::ofstream(fs::path(root) / "step_200/config.json") << "{}";
  for (const char* name : {"step_100", "logs"})
    fs::permissions(fs::path(root) / name, fs::perms::none);
  EXPECT_EQ(survey_by_nobody(root),
            "logs ignored -1, step_100 refused 100, step_200 incomplete 200, ");
}

}  // namespace
}  // namespace flm
