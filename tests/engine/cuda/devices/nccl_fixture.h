// Ranks that are threads with an emulated device each, and the stand-in for NCCL between them.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/errors.h"
#include "base/system/clock.h"
#include "engine/cuda/device_collectives.h"
#include "engine/parallel/communicator.h"
#include "engine/parallel/thread_communicator.h"
#include "tests/engine/cuda/devices/stand_in.h"
#include "tests/engine/cuda/emulation/stream_queue.h"

namespace flm::test {

class NcclRanks : public ::testing::Test {
 protected:
  void SetUp() override {
    emulation::set_device(8, std::int64_t{4} << 30);
    setenv("FLM_NCCL", FLM_NCCL_STAND_IN, 1);
  }
  void TearDown() override {
    emulation::set_nccl_faults({});
    emulation::set_eagerness(emulation::Eagerness::kLate);
    unsetenv("FLM_NCCL");
    use_device(0);
    emulation::set_device(1, std::int64_t{4} << 30);
    EXPECT_EQ(emulation::nccl_use().communicators, 0);
    EXPECT_EQ(emulation::nccl_use().lonely_aborts, 0);
  }

  using Body = std::function<void(Communicator&)>;
  /// Each rank on the device of its number; what each threw, "" where it did not.
  static std::vector<std::string> on_ranks(int ranks, const Body& body) {
    auto ends = make_thread_communicators(ranks, std::chrono::seconds(20));
    std::vector<std::string> errors(static_cast<std::size_t>(ranks));
    std::vector<std::thread> threads;
    for (int rank = 0; rank < ranks; ++rank)
      threads.emplace_back([&, rank] {
        const auto r = static_cast<std::size_t>(rank);
        try {
          use_device(rank);
          body(*ends[r]);
        } catch (const std::exception& error) {
          errors[r] = error.what();
          ends[r]->abort("a rank failed");
        }
      });
    for (std::thread& thread : threads) thread.join();
    return errors;
  }
};

}  // namespace flm::test
