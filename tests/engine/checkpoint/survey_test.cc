// What lies in a folder of checkpoints, where not all of it may be read.
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "engine/checkpoint_state.h"
#include "tests/base/system/as_nobody.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

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

/// "STATE: REASON" of a folder with config.json and these files.
std::string state_with(const std::vector<std::string>& files) {
  const TemporaryFolder box;
  box.write("step_200/config.json", "{}");
  for (const std::string& file : files) box.write("step_200/" + file, "x");
  const CheckpointState alone = survey_checkpoints(box / "step_200").newest(),
                        in_root = survey_checkpoints(box.path()).newest();
  EXPECT_EQ(alone.state, in_root.state);
  EXPECT_EQ(alone.reason, in_root.reason);
  EXPECT_EQ(alone.step, 200);
  return name_of(alone.state) + ": " + alone.reason;
}

TEST(Survey, ACopyThatHasOnlyBegunIsIncompleteByItselfAsInItsRoot) {
  EXPECT_THAT(state_with({}),
              AllOf(StartsWith("incomplete: no weights in "), HasSubstr("put the weights there")));
  EXPECT_THAT(state_with({".model.safetensors.Ab12Cd"}),
              AllOf(StartsWith("incomplete: "), HasSubstr("a copy is unfinished ("),
                    HasSubstr(".model.safetensors.Ab12Cd)")));
  EXPECT_THAT(state_with({"model-00001-of-00002.safetensors"}),
              AllOf(StartsWith("incomplete: "), HasSubstr("the index of these shards")));
  EXPECT_THAT(state_with({"model-q4.gguf"}),
              AllOf(StartsWith("refused: "), HasSubstr("GGUF is not read")));
}

TEST(Survey, AnAdapterBesideAConfigurationIsNoCopyThatHasBegun) {
  const TemporaryFolder folder;
  folder.write("config.json", "{}");
  folder.write("adapter_config.json", "{}");
  EXPECT_THAT(error_of([&] { survey_checkpoints(folder.path()); }),
              HasSubstr("merge the adapter into the model"));
}

}  // namespace
}  // namespace flm
