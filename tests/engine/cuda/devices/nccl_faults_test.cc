// What can go wrong between ranks, each told in its own words and within its limit.
#include <gmock/gmock.h>

#include <atomic>

#include "engine/cuda/nccl/nccl_collectives.h"
#include "engine/cuda/runtime/scratch.h"
#include "tests/engine/cuda/devices/nccl_fixture.h"
#include "tests/engine/cuda/emulation/collectives.h"

namespace flm::test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;

constexpr double kLimit = 0.3;   // seconds, of a group
constexpr double kPatience = 3;  // that a test may take, and a sound group: a machine may be busy

/// A rank's stream and memory.
struct RankMemory {
  Stream stream;
  DevicePool pool{stream, DevicePool::Takers::kSameStream};
};

class NcclFaults : public NcclRanks {
 protected:
  void SetUp() override {
    NcclRanks::SetUp();
    begin_ = monotonic_seconds();
  }
  void TearDown() override {
    EXPECT_LT(monotonic_seconds() - begin_, kPatience);
    NcclRanks::TearDown();
  }

  static std::unique_ptr<DeviceCollectives> start(Communicator& ranks, double limit = kLimit) {
    return make_device_collectives(ranks, {ranks.rank(), true, limit});
  }
  /// Of two ranks, some rows of four columns each.
  static void gather(Communicator& ranks, DeviceCollectives& collectives, RankMemory& memory,
                     std::int64_t rows = 2) {
    const std::vector<Range> parts = {{0, 4}, {4, 8}};
    const Scratch whole(memory.pool, memory.stream, rows * 8 * 4);
    const ColumnParts columns{
        whole.as<float>() + 4 * ranks.rank(), 8, whole.as<float>(), 8, rows, 4, parts};
    collectives.gather_columns(columns, memory.stream, memory.pool);
    memory.stream.wait();
    collectives.check();
  }
  /// What both ranks say when they start and gather.
  static std::vector<std::string> errors_of_a_gather(double limit = kLimit) {
    return on_ranks(2, [limit](Communicator& ranks) {
      RankMemory memory;
      const auto collectives = start(ranks, limit);
      gather(ranks, *collectives, memory);
    });
  }

 private:
  double begin_ = 0;
};

TEST_F(NcclFaults, NoneWithoutOne) {
  const std::int64_t before = emulation::nccl_use().aborts;
  EXPECT_THAT(errors_of_a_gather(kPatience), Each(""));
  EXPECT_EQ(emulation::nccl_use().aborts - before, 2);  // how communicators end
}

TEST_F(NcclFaults, TheUniqueId) {
  emulation::set_nccl_faults({.unique_id = kNcclSystemError});
  EXPECT_THAT(
      errors_of_a_gather()[0],
      AllOf(HasSubstr("ncclGetUniqueId: unhandled system error (no socket interface found)"),
            HasSubstr("FLM_NCCL=0 does without it")));
}

TEST_F(NcclFaults, AStartThatFails) {
  emulation::set_nccl_faults({.init = kNcclUnhandledCudaError});
  for (const std::string& error : errors_of_a_gather())
    EXPECT_THAT(error, AllOf(HasSubstr("ncclCommInitRankConfig of rank "),
                             HasSubstr(": unhandled cuda error (out of memory)")));
}

TEST_F(NcclFaults, AStartWithoutEnd) {
  emulation::set_nccl_faults({.never_ready = true});
  EXPECT_THAT(errors_of_a_gather(), Each(AllOf(HasSubstr("the start of rank "),
                                               HasSubstr(" is not through after 0.3 s"))));
}

TEST_F(NcclFaults, TwoRanksOnADevice) {
  const auto errors = on_ranks(2, [](Communicator& ranks) {
    use_device(1);
    const auto collectives = make_nccl_collectives(ranks, {1, true, kLimit}, NcclLibrary::open());
  });
  EXPECT_THAT(errors, Each(AllOf(HasSubstr("invalid usage (Duplicate GPU detected"),
                                 HasSubstr("on cuda:1"))));
}

TEST_F(NcclFaults, ARankThatLeavesBeforeTheStart) {
  const auto errors = on_ranks(2, [](Communicator& ranks) {
    NcclGroup group(NcclLibrary::open(), ranks, NcclGroup::Duration(kLimit));
    if (ranks.rank() == 0) group.join(0, 0, group.unique_id());
  });
  EXPECT_THAT(errors[0], HasSubstr("the start of rank 0 on cuda:0 is not through after 0.3 s: "
                                   "another rank did not come"));
}

TEST_F(NcclFaults, AnErrorOfARemoteRank) {
  emulation::set_nccl_faults({.failing_rank = 1});
  EXPECT_THAT(errors_of_a_gather(), Contains(HasSubstr("rank 1 on cuda:1: remote process exited")));
}

TEST_F(NcclFaults, AGatherThatIsRefused) {
  emulation::set_nccl_faults({.gather = kNcclInvalidArgument});
  EXPECT_THAT(errors_of_a_gather(), Each(AllOf(HasSubstr("ncclAllGather of 32 bytes by rank "),
                                               HasSubstr("invalid argument"))));
}

TEST_F(NcclFaults, AGatherOfAnotherSize) {
  const auto errors = on_ranks(2, [](Communicator& ranks) {
    RankMemory memory;
    const auto collectives = start(ranks);
    gather(ranks, *collectives, memory, 2 + ranks.rank());
  });
  EXPECT_THAT(errors, Each(AllOf(HasSubstr("ranks disagree"), HasSubstr("gather_columns of 32"))));
}

/// Past the meeting on the host: what only the library and the watchdog can tell.
class NcclDevices : public NcclFaults {
 protected:
  using Use = std::function<void(int rank, NcclGroup& group, RankMemory& memory)>;
  static std::vector<std::string> with_group(const Use& use, double limit = kLimit) {
    std::shared_ptr<NcclGroup> group;
    NcclUniqueId id;
    return on_ranks(2, [&](Communicator& ranks) {
      if (ranks.rank() == 0) {
        group = std::make_shared<NcclGroup>(NcclLibrary::open(), ranks, NcclGroup::Duration(limit));
        id = group->unique_id();
      }
      ranks.barrier();
      const std::shared_ptr<NcclGroup> mine = group;
      ranks.barrier();
      if (ranks.rank() == 0) group = nullptr;  // it ends ahead of `ranks`
      RankMemory memory;
      mine->join(ranks.rank(), ranks.rank(), id);
      use(ranks.rank(), *mine, memory);
      ranks.barrier();
    });
  }
  /// Enqueues a gather of `bytes` a rank.
  static void enqueue(int rank, NcclGroup& group, RankMemory& memory, const Scratch& all,
                      std::int64_t bytes) {
    group.all_gather(rank, all.as<void>(), bytes, memory.stream);
    group.watch(rank, memory.stream);
  }
};

TEST_F(NcclDevices, ARankThatNeverComes) {
  const auto errors = with_group([](int rank, NcclGroup& group, RankMemory& memory) {
    const Scratch all(memory.pool, memory.stream, 512);
    if (rank == 0) {
      enqueue(rank, group, memory, all, 256);
      memory.stream.wait();
    } else {
      std::this_thread::sleep_for(std::chrono::milliseconds(600));
    }
    group.check();
  });
  EXPECT_THAT(errors, Each(HasSubstr("no gather has come to its end for 0.3 s (ended: rank 0 on "
                                     "cuda:0 0 of 1, rank 1 on cuda:1 0 of 0)")));
}

TEST_F(NcclDevices, SizesThatTheLibraryMeets) {
  const auto errors = with_group([](int rank, NcclGroup& group, RankMemory& memory) {
    const Scratch all(memory.pool, memory.stream, 1024);
    enqueue(rank, group, memory, all, 256 + 16 * rank);
    memory.stream.wait();
    while (true) {
      group.check();
      std::this_thread::yield();
    }
  });
  EXPECT_THAT(errors, Each(HasSubstr(" bytes meets one of ")));
}

/// Its gather is under way on the other one, whose host waits for it: the abort ends both.
TEST_F(NcclDevices, ARankThatFailsElsewhere) {
  const auto errors = with_group([](int rank, NcclGroup& group, RankMemory& memory) {
    const Scratch all(memory.pool, memory.stream, 512);
    if (rank == 1) throw UserError("bad weights");
    enqueue(rank, group, memory, all, 256);
    memory.stream.wait();  // ended by the abort
    group.check();
  });
  EXPECT_EQ(errors[1], "bad weights");
  EXPECT_THAT(errors[0], HasSubstr("rank 1 aborts: a rank failed"));
}

TEST_F(NcclDevices, AnAllocationBesideAGatherOfSomeRanks) {
  const std::int64_t before = emulation::hazards();
  std::atomic<bool> enqueued = false, allocated = false;
  const auto errors = with_group(
      [&](int rank, NcclGroup& group, RankMemory& memory) {
        const Scratch all(memory.pool, memory.stream, 512);
        if (rank == 1)
          while (!enqueued) std::this_thread::yield();
        if (rank == 1) (void)memory.pool.acquire(1 << 20, memory.stream);
        allocated = allocated || rank == 1;
        enqueue(rank, group, memory, all, 256);
        enqueued = true;
        memory.stream.wait();
      },
      kPatience);
  EXPECT_THAT(errors, Each(""));
  EXPECT_GT(emulation::hazards(), before);
}

/// The ranks' own way: they meet before and after, and none allocates in between.
TEST_F(NcclFaults, NoAllocationBesideAGather) {
  const std::int64_t before = emulation::hazards();
  const auto errors = on_ranks(2, [](Communicator& ranks) {
    RankMemory memory;
    const auto collectives = start(ranks, kPatience);
    for (std::int64_t rows = 1; rows < 3000; rows = 3 * rows + 1)
      gather(ranks, *collectives, memory, rows);
  });
  EXPECT_THAT(errors, Each(""));
  EXPECT_EQ(emulation::hazards(), before);
}

TEST_F(NcclFaults, ALibraryThatIsNotThere) {
  setenv("FLM_NCCL", "/nowhere/libnccl.so.2", 1);
  EXPECT_THAT(errors_of_a_gather(),
              Each(AllOf(HasSubstr("NCCL: the library cannot be loaded (/nowhere/libnccl.so.2"),
                         HasSubstr("FLM_NCCL=FILE"))));
}
TEST_F(NcclFaults, AnotherLibrary) {
  setenv("FLM_NCCL", "libm.so.6", 1);
  EXPECT_THAT(errors_of_a_gather(), Each(HasSubstr("libm.so.6 has no ncclGetVersion; install")));
}
TEST_F(NcclFaults, ALibraryThatIsTooOld) {
  emulation::set_nccl_faults({.version = 21604});
  EXPECT_THAT(errors_of_a_gather(), Each(HasSubstr("is NCCL 2.16.4; install 2.18 or newer")));
}
TEST_F(NcclFaults, ALibraryWithoutAVersion) {
  emulation::set_nccl_faults({.tells_version = kNcclInternalError});
  EXPECT_THAT(errors_of_a_gather(), Each(HasSubstr("does not tell its version: internal error")));
}

TEST_F(NcclFaults, ItsThreadsMayTakeTheirTimeToEnqueue) {
  emulation::set_nccl_faults({.slow_to_enqueue = true});
  EXPECT_THAT(errors_of_a_gather(kPatience), Each(""));
}

}  // namespace
}  // namespace flm::test
