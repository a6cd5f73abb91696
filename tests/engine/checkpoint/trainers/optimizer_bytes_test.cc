// The optimizer's bytes, two thirds and more of a checkpoint, are not read: files of a sparse
// tebibyte in its place cost nothing.
#include <gtest/gtest.h>

#include <ctime>

#include "engine/checkpoint/config_json.h"
#include "engine/checkpoint/weight_table.h"
#include "engine/checkpoint_state.h"
#include "engine/engine.h"
#include "tests/engine/checkpoint/checkpoint_fixtures.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kTebibyte = std::uintmax_t{1} << 40;
constexpr double kMostSeconds = 20;  // reading a tebibyte takes minutes wherever it lies

std::string run_fixture(const std::string& name) {
  return std::string(FLM_SOURCE_DIR) + "/tests/engine/checkpoint/trainers/fixtures/" + name;
}

void make_sparse(const std::string& path) {
  std::ofstream(path, std::ios::binary).close();
  fs::resize_file(path, kTebibyte);
}

/// Surveys and hashes the checkpoint in `folder`; the hash of its weights.
std::string weights_hash(const std::string& folder, const std::string& weights) {
  SilentProgress silent;
  const std::string config = run_fixture("hf");
  EXPECT_EQ(survey_checkpoints(folder, weights).newest().state, Completeness::kComplete) << folder;
  const auto table = WeightTable::open(resolve_model(folder, config, weights),
                                       read_model_config(config), 1, weights);
  return table->check_contents(silent, false).hash;
}

void expect_untouched(const std::string& name, const std::string& weights,
                      const std::vector<std::string>& optimizer_files) {
  TemporaryFolder copy;
  copy.copy_from(run_fixture(name));
  for (const std::string& file : optimizer_files) make_sparse(copy / file);
  const std::clock_t begin = std::clock();
  EXPECT_EQ(weights_hash(copy.path(), weights), weights_hash(run_fixture(name), weights));
  EXPECT_LT(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC, kMostSeconds) << name;
}

TEST(OptimizerBytes, AreNotRead) {
  std::vector<std::string> megatron;
  for (const char* rank : {"00_000", "00_001", "01_000", "01_001"})
    megatron.push_back(std::string("iter_0000040/mp_rank_") + rank + "/distrib_optim.pt");
  expect_untouched("megatron-torch", "auto", megatron);
  expect_untouched("deepspeed-zero1", "16bit",
                   {"global_step40/bf16_zero_pp_rank_0_mp_rank_00_optim_states.pt"});
}

}  // namespace
}  // namespace flm
