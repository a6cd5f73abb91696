// What an error of the device tells: the call, the device, the kernel and what to do next.
#include <cuda_runtime_api.h>
#include <device.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "engine/cuda/runtime/device_pool.h"
#include "engine/cuda/runtime/graph_cache.h"
#include "engine/cuda/runtime/scratch.h"
#include "tests/engine/cuda/cuda_fixture.h"

namespace flm::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

void first_kernel(int* value) {
  if (threadIdx.x == 0) *value = 1;
}
template <class T>
void second_kernel(T* value, T plus) {
  if (threadIdx.x == 0) *value = *value + plus;
}

class LaunchErrors : public ::testing::Test {
 protected:
  void SetUp() override { unsetenv("FLM_CUDA_SYNC"); }
  void TearDown() override {
    emulation::mend();
    unsetenv("FLM_CUDA_SYNC");
  }
  void launch_first() { launch(first_kernel, dim3(3, 2), 64, 0, stream_, value_.as<int>()); }
  void launch_second() {
    launch(second_kernel<int>, dim3(1), 32, 512, stream_, value_.as<int>(), 5);
  }
  template <class F>
  static std::string error_of(F&& f) {
    try {
      f();
    } catch (const std::exception& error) {
      return error.what();
    }
    return "";
  }

  const Stream stream_;
  DevicePool pool_{stream_, DevicePool::Takers::kSameStream};
  const Scratch value_{pool_, stream_, 256};
};

constexpr char kFirst[] = "first_kernel(int*), grid 3 x 2 x 1, 64 threads a block, 0 bytes";
constexpr char kSecond[] = "second_kernel<int>(int*, int), grid 1 x 1 x 1, 32 threads a block, 512";

TEST_F(LaunchErrors, ARefusedLaunchIsNamed) {
  launch_second();
  emulation::refuse_launch(cudaErrorInvalidConfiguration);
  EXPECT_THAT(
      error_of([&] { launch_first(); }),
      AllOf(HasSubstr("cuda:0, launch: invalid configuration argument"),
            HasSubstr(std::string("last launch: flm::test::(anonymous namespace)::") + kFirst),
            HasSubstr(std::string("the one before: void flm::test::(anonymous namespace)::") +
                      kSecond),
            HasSubstr("report this line")));
}

/// What is no defect of ours says what to do instead: a GPU in somebody else's hands, a driver that
/// cannot compile what is newer.
TEST_F(LaunchErrors, WhatTheMachineLacksIsNamed) {
  emulation::refuse_launch(cudaErrorUnsupportedPtxVersion);
  EXPECT_THAT(error_of([&] { launch_first(); }), HasSubstr("; install the NVIDIA driver 580"));
  emulation::refuse_launch(cudaErrorDevicesUnavailable);
  EXPECT_THROW(launch_first(), UserError);
  emulation::refuse_launch(cudaErrorDevicesUnavailable);
  EXPECT_THAT(
      error_of([&] { launch_first(); }),
      AllOf(HasSubstr("the GPU takes no program (cuda:0, launch"), HasSubstr("nvidia-smi")));
}

TEST_F(LaunchErrors, AFaultSurfacesAtTheNextWaitWithTheLastKernel) {
  launch_first();
  emulation::fault(cudaErrorIllegalAddress);  // of the first, which runs late
  launch_second();
  for (int i = 0; i < 2; ++i)  // it stays
    EXPECT_THAT(error_of([&] { stream_.wait(); }),
                AllOf(HasSubstr("cudaStreamSynchronize: an illegal memory access"),
                      HasSubstr(kSecond), HasSubstr(kFirst), HasSubstr("FLM_CUDA_SYNC=1")));
}

TEST_F(LaunchErrors, ALaunchThatWaitsNamesTheKernelThatFaulted) {
  setenv("FLM_CUDA_SYNC", "1", 1);
  emulation::fault(cudaErrorIllegalAddress);
  EXPECT_THAT(error_of([&] { launch_first(); }),
              AllOf(HasSubstr("launch, awaited: an illegal memory access"), HasSubstr(kFirst),
                    HasSubstr("compute-sanitizer")));
}

TEST_F(LaunchErrors, TheSwitchTakesZeroAndOne) {
  setenv("FLM_CUDA_SYNC", "0", 1);
  EXPECT_FALSE(launches_wait());
  setenv("FLM_CUDA_SYNC", "yes", 1);
  EXPECT_THROW(launch_first(), UserError);
}

TEST_F(LaunchErrors, MoreSharedMemoryThanABlockGetsIsTheUsersError) {
  EXPECT_THROW(
      launch(first_kernel, dim3(1), 32, emulation::kBlockShared + 1, stream_, value_.as<int>()),
      UserError);
  EXPECT_EQ(error_of([&] {
              launch(first_kernel, dim3(1), 32, 227 * 1024 + 1, stream_, value_.as<int>());
            }),
            "this GPU lends a block less shared memory than flm::test::(anonymous namespace)::"
            "first_kernel(int*) needs: 232449 bytes; try --precision fp32, or use --device cpu");
  launch(first_kernel, dim3(1), 32, emulation::kBlockShared, stream_, value_.as<int>());
  stream_.wait();
}

/// Extents that a device refuses, an empty grid among them.
TEST_F(LaunchErrors, GridsOfNoBlocksAndOfTooManyAreRefused) {
  for (const dim3& grid : {dim3(0), dim3(1, 0), dim3(1, 65536), dim3(1, 1, 65536)})
    EXPECT_THAT(
        error_of([&] { launch(first_kernel, grid, 64, 0, stream_, value_.as<int>()); }),
        AllOf(HasSubstr("launch: invalid configuration argument"), HasSubstr("first_kernel")));
  launch(first_kernel, dim3(1, 65535), 64, 0, stream_, value_.as<int>());
  stream_.wait();
}

/// What was asked for and told is no error of the launch behind it.
TEST_F(LaunchErrors, WhatWasAskedIsNoErrorOfTheNextLaunch) {
  Event end;
  launch_first();
  end.record(stream_);
  EXPECT_FALSE(end.past());
  launch_first();
  stream_.wait();
  EXPECT_TRUE(end.past());
  emulation::set_device(0, 0);
  EXPECT_NE(device_missing(), "");
  emulation::set_device(1, std::int64_t{4} << 30);
  launch_first();
  stream_.wait();
}

/// The emulation throws where anybody waits for a stream that records.
TEST_F(LaunchErrors, NoLaunchWaitsWhileItIsRecorded) {
  setenv("FLM_CUDA_SYNC", "1", 1);
  const Graph graph(stream_, [&] { launch_first(); });
  graph.launch(stream_);
  int seen = 0;
  copy_to_host(&seen, value_.as<int>(), 4, stream_);
  stream_.wait();
  EXPECT_EQ(seen, 1);
}

TEST_F(LaunchErrors, ALaunchThatWaitsKeepsStepsOutOfGraphs) {
  setenv("FLM_CUDA_SYNC", "1", 1);
  GraphCache graphs;
  const std::int64_t launches = emulation::graph_launches();
  for (int i = 0; i < 3; ++i) graphs.run({1}, stream_, [&] { launch_first(); });
  EXPECT_EQ(emulation::graph_launches(), launches);
}

TEST_F(LaunchErrors, AnErrorWhileAStepIsRecordedIsTheFirstOne) {
  EXPECT_THAT(error_of([&] {
                Graph(stream_, [&] {
                  launch_second();
                  emulation::refuse_launch(cudaErrorInvalidConfiguration);
                  launch_first();
                });
              }),
              AllOf(HasSubstr("while a step was recorded as a graph: "),
                    HasSubstr("launch: invalid configuration argument"), HasSubstr(kFirst)));
  launch_first();
  stream_.wait();  // it records no longer
}

/// Idle memory is not freed for it: that would wait for the stream.
TEST_F(LaunchErrors, NoMemoryWhileAStepIsRecordedSaysSo) {
  emulation::set_device(1, emulation::device_use().bytes + 4096);
  pool_.release(pool_.acquire(4096, stream_));
  const std::string error =
      error_of([&] { Graph(stream_, [&] { pool_.acquire(65536, stream_); }); });
  emulation::set_device(1, std::int64_t{4} << 30);
  EXPECT_THAT(error, AllOf(HasSubstr("while a step was recorded"), HasSubstr("no memory left"),
                           HasSubstr("lower --memory")));
  EXPECT_EQ(pool_.frees(), 0);
}

TEST_F(LaunchErrors, AReplayedGraphIsNamed) {
  const Graph graph(stream_, [&] { launch_first(); });
  emulation::fault(cudaErrorIllegalAddress);
  graph.launch(stream_);
  EXPECT_THAT(error_of([&] { stream_.wait(); }), HasSubstr("last launch: a recorded graph"));
}

TEST_F(LaunchErrors, KernelsBeginEarlyWhereTheDeviceCan) {
  for (const auto& [capability, early] :
       {std::pair{8, false}, {9, true}, {10, true}, {12, false}}) {
    emulation::set_compute_capability(capability);
    EXPECT_EQ(begins_early(), early) << capability;
  }
  emulation::set_compute_capability(9);
  setenv("FLM_CUDA_EARLY", "0", 1);
  EXPECT_FALSE(begins_early());
  setenv("FLM_CUDA_EARLY", "1", 1);
  EXPECT_TRUE(begins_early());
  setenv("FLM_CUDA_EARLY", "never", 1);
  EXPECT_THAT(error_of([] { begins_early(); }), HasSubstr("FLM_CUDA_EARLY takes 0 or 1 (1 lets"));
  unsetenv("FLM_CUDA_EARLY");
  emulation::set_compute_capability(9);
}

/// From the engine's door to the message.
TEST_F(LaunchErrors, AnEngineTellsWhichKernelFaulted) {
  const auto engine = open_cuda("synthetic:tiny", Precision::kBf16);
  const std::vector<ScoreRequest> requests = {{{1, 2, 3}, 1, 0}};
  const auto score = [&] {
    engine->score(
        requests, [](std::size_t, ScoreResult&&) {}, [] {}, std::atomic<bool>(false));
  };
  score();
  setenv("FLM_CUDA_SYNC", "1", 1);
  emulation::fault(cudaErrorIllegalAddress);
  EXPECT_THAT(error_of(score), AllOf(HasSubstr("flm::cuda::"), HasSubstr("embed_kernel"),
                                     Not(HasSubstr("a kernel without a name"))));
}

}  // namespace
}  // namespace flm::test
