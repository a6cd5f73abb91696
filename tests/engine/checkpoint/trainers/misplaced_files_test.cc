// Ranks' files that were copied over others or exchanged: whole, of one save, and another model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>

#include "engine/checkpoint_state.h"
#include "tests/engine/checkpoint/checkpoint_fixtures.h"

namespace flm {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

/// A copy of a small run of TP 2 x PP 2, or of two ranks of ZeRO-3.
struct Misplaced : TemporaryFolder {
  explicit Misplaced(const std::string& name) {
    copy_from(std::string(FLM_SOURCE_DIR) + "/tests/engine/checkpoint/trainers/fixtures/" + name);
  }
  std::string rank(const std::string& name) const {
    return *this / ("iter_0000040/mp_rank_" + name);
  }
  void exchange(const std::string& one, const std::string& other) const {
    fs::rename(one, one + "-aside");
    fs::rename(other, one);
    fs::rename(one + "-aside", other);
  }
  void copy_rank(const std::string& from, const std::string& to) const {
    fs::copy(rank(from), rank(to),
             fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  }
  /// Hides args.rank in every file, as one that Megatron-LM did not write lacks it.
  void take_writers_away() const {
    constexpr std::string_view kKey("X\4\0\0\0rank", 9);
    for (const auto& entry : fs::recursive_directory_iterator(path())) {
      if (!entry.is_regular_file()) continue;
      std::string bytes = read_file(entry.path().string());
      const std::size_t at = bytes.find(kKey);
      ASSERT_NE(at, std::string::npos) << entry.path();
      bytes.replace(at, kKey.size(), std::string_view("X\4\0\0\0rang", 9));
      std::ofstream(entry.path(), std::ios::binary) << bytes;
    }
  }
  CheckpointState state() const { return survey_checkpoints(path()).newest(); }
  void expect_broken(const testing::Matcher<std::string>& reason) const {
    EXPECT_EQ(state().state, Completeness::kBroken);
    EXPECT_THAT(state().reason, reason);
  }
};

TEST(MegatronRanksOutOfPlace, ExchangedTensorParallelRanksAreToldByTheirWriters) {
  const Misplaced run("megatron-torch");
  run.exchange(run.rank("00_001"), run.rank("01_001"));
  run.expect_broken(AllOf(HasSubstr("mp_rank_00_001/model_optim_rng.pt was written by rank 3"),
                          HasSubstr("tensor-parallel rank 1 of 2"), HasSubstr("name says 0")));
}

TEST(MegatronRanksOutOfPlace, ExchangedStagesAreToldByTheirWriters) {
  const Misplaced run("megatron-torch");
  for (const std::string tensor : {"00", "01"})
    run.exchange(run.rank(tensor + "_000"), run.rank(tensor + "_001"));
  run.expect_broken(AllOf(HasSubstr("mp_rank_00_001/model_optim_rng.pt was written by rank 0"),
                          HasSubstr("the earlier stage mp_rank_00_000 by rank 2")));
}

TEST(MegatronRanksOutOfPlace, ExchangedStagesAreToldByWhatTheyHold) {
  const Misplaced run("megatron-torch");
  run.take_writers_away();
  for (const std::string tensor : {"00", "01"})
    run.exchange(run.rank(tensor + "_000"), run.rank(tensor + "_001"));
  run.expect_broken(AllOf(HasSubstr("mp_rank_00_000/model_optim_rng.pt lacks the embedding"),
                          HasSubstr("mp_rank_00_001 has it")));
}

TEST(MegatronRanksOutOfPlace, ACopyOfARankIsToldWithoutWriters) {
  const Misplaced run("megatron-torch");
  run.take_writers_away();
  run.copy_rank("00_001", "01_001");
  run.expect_broken(HasSubstr("mp_rank_00_001 and mp_rank_01_001 hold the same"));
}

TEST(MegatronRanksOutOfPlace, FilesThatDoNotSayTheirWritersLoad) {
  const Misplaced run("megatron-torch");
  run.take_writers_away();
  EXPECT_EQ(run.state().state, Completeness::kComplete) << run.state().reason;
}

constexpr const char* kOfRank0 = "global_step40/bf16_zero_pp_rank_0_mp_rank_00_optim_states.pt";
constexpr const char* kOfRank1 = "global_step40/bf16_zero_pp_rank_1_mp_rank_00_optim_states.pt";

TEST(ZeroRanksOutOfPlace, AreToldByTheNameThatTheyWereSavedAs) {
  const Misplaced exchanged("deepspeed-zero3"), copied("deepspeed-zero3");
  exchanged.exchange(exchanged / kOfRank0, exchanged / kOfRank1);
  exchanged.expect_broken(HasSubstr("was saved as bf16_zero_pp_rank_1_mp_rank_00_optim_states.pt"));
  fs::copy(copied / kOfRank0, copied / kOfRank1, fs::copy_options::overwrite_existing);
  copied.expect_broken(AllOf(HasSubstr("rank 0's"), HasSubstr("its name says 1")));
}

TEST(ZeroRanksOutOfPlace, AFileThatDoesNotSayItsNameLoads) {
  const Misplaced run("deepspeed-zero3");
  const std::string said = "bf16_zero_pp_rank_1_mp_rank_00_optim_states/";
  std::string bytes = read_file(run / kOfRank1);
  int places = 0;
  for (std::size_t at = 0; (at = bytes.find(said, at)) != std::string::npos; ++places)
    bytes.replace(at, said.size() - 1, std::string(said.size() - 1, 'a'));
  ASSERT_GT(places, 0);
  std::ofstream(run / kOfRank1, std::ios::binary) << bytes;
  EXPECT_EQ(run.state().state, Completeness::kComplete) << run.state().reason;
}

}  // namespace
}  // namespace flm
