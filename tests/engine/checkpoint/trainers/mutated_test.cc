// Trainers' checkpoints with damaged bytes: an error of the user's, or weights; never anything
// else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "engine/checkpoint/config/model_config.h"
#include "engine/checkpoint/config_json.h"
#include "engine/checkpoint/weight_table.h"
#include "engine/checkpoint_state.h"
#include "engine/engine.h"
#include "tests/engine/checkpoint/checkpoint_fixtures.h"
#include "tests/fuzz/mutation.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

constexpr int kMutations = 60;  // of each checkpoint; FLM_MUTATIONS asks for more

int mutations() {
  const char* more = std::getenv("FLM_MUTATIONS");
  return more ? std::atoi(more) : kMutations;
}

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && entry.file_size() < 2'000'000) out.push_back(entry.path());
  std::sort(out.begin(), out.end());
  return out;
}

/// Everything that a user can do with it.
void use(const std::string& folder, const ModelConfig& config) {
  try {
    survey_checkpoints(folder);
    const auto table = WeightTable::open(resolve_model(folder), config, 1);
    for (const WeightSpec& spec : expected_weights(config)) table->load(spec.name);
  } catch (const UserError&) {
  }
}

class Mutated : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(Mutated, IsAnErrorOrWeights) {
  const std::string runs = std::string(FLM_SHARED_DIR) + "/conformance/training-runs/";
  const auto& [checkpoint, copy] = GetParam();
  if (!fs::exists(runs + checkpoint)) GTEST_SKIP() << "skipped: no " << runs + checkpoint;
  TemporaryFolder folder;
  folder.copy_from(runs + checkpoint);
  const ModelConfig config = read_model_config(runs + copy);
  const std::vector<fs::path> files = files_below(folder.path());
  for (int i = 0; i < mutations(); ++i) {
    const fs::path& file = files[static_cast<std::size_t>(i) % files.size()];
    const std::string good = read_file(file.string());
    const std::string other = read_file(files.back().string());
    std::ofstream(file, std::ios::binary)
        << fuzz::mutate(good, other, static_cast<std::uint64_t>(i));
    EXPECT_NO_THROW(use(folder.path(), config)) << file << " " << i;
    std::ofstream(file, std::ios::binary) << good;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Layouts, Mutated,
    testing::Values(std::pair("megatron/torch-micro-pp2-vpp2", "hf/step_000060"),
                    std::pair("megatron/dist-micro-tp2-pp2/iter_0000040", "hf/step_000040"),
                    std::pair("dcp/micro-titan2/step-60", "hf/step_000060"),
                    std::pair("deepspeed/teleflm-odd-zero2-3rank-groups",
                              "../checkpoints/teleflm-odd-bin"),
                    std::pair("deepspeed/micro-zero3-2rank", "hf/step_000120")));

}  // namespace
}  // namespace flm
