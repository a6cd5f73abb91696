// The emulation finds what it is there to find: each fault, made on purpose, is seen.
#include <cuda_runtime_api.h>
#include <device.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <stdexcept>
#include <vector>

namespace flm::emulation {
namespace {

void run(int threads, std::int64_t shared, const std::function<void()>& body) {
  run_grid(dim3(1), threads, shared, body);
}

/// Each thread writes its number and reads its neighbour's, with or without a barrier between.
std::vector<int> neighbours(Order order, bool barrier) {
  std::vector<int> seen(64);
  set_order(order, 3);
  run(64, 64 * sizeof(int), [&] {
    int* shared = shared_memory<int>();
    shared[threadIdx.x] = static_cast<int>(threadIdx.x);
    if (barrier) __syncthreads();
    seen[threadIdx.x] = shared[(threadIdx.x + 1) % 64];
    if (barrier) __syncthreads();
  });
  set_order(Order::kAscending);
  return seen;
}

TEST(Emulation, AMissingBarrierGivesOtherBitsInAnotherOrder) {
  EXPECT_NE(neighbours(Order::kAscending, false), neighbours(Order::kDescending, false));
  for (Order order : {Order::kDescending, Order::kShuffled})
    EXPECT_EQ(neighbours(Order::kAscending, true), neighbours(order, true));
}

TEST(Emulation, ThreadsThatWaitAtDifferentPlacesAreFound) {
  EXPECT_THROW(run(64, 0,
                   [] {
                     if (threadIdx.x < 32) __syncthreads();
                   }),
               std::logic_error);
  EXPECT_THROW(run(32, 0,
                   [] {
                     if (threadIdx.x == 0)
                       (void)__any_sync(0xFFFFFFFFu, 1);
                     else
                       (void)__shfl_xor_sync(0xFFFFFFFFu, 1.0f, 1);
                   }),
               std::logic_error);
  EXPECT_THROW(run(32, 0, [] { (void)__shfl_xor_sync(0x1u, 1.0f, 1); }), std::logic_error);
}

TEST(Emulation, AWriteBeyondSharedMemoryIsFound) {
  EXPECT_THROW(run(32, 64, [] { shared_memory<int>()[16] = 1; }), std::logic_error);
}

TEST(Emulation, AVectorAtAnOddAddressIsFound) {
  alignas(16) float x[8] = {};
  EXPECT_NO_THROW(store4(x + 4, load4(x)));
  EXPECT_THROW((void)load4(x + 1), std::logic_error);
  EXPECT_THROW(store4(x + 2, float4{}), std::logic_error);
  auto* narrow = reinterpret_cast<bf16*>(x);
  EXPECT_NO_THROW(store4(narrow + 4, load4(narrow)));
  EXPECT_THROW((void)load4(narrow + 2), std::logic_error);
  EXPECT_THROW(store2(narrow + 1, 0, 0), std::logic_error);
}

TEST(Emulation, SharedMemoryIsPoisoned) {
  float seen = 0;
  run(32, 64, [&] { seen = shared_memory<float>()[0]; });
  EXPECT_TRUE(std::isnan(seen));
}

TEST(Emulation, AnAsynchronousCopyArrivesWhenItIsAwaited) {
  alignas(16) const float source[4] = {1, 2, 3, 4};
  float before = 0, after = 0;
  run(32, 512, [&] {
    float* shared = shared_memory<float>() + 4 * threadIdx.x;
    copy_async_16(shared, source, true);
    copy_async_commit();
    before = shared[1];
    copy_async_wait<0>();
    after = shared[1];
  });
  EXPECT_TRUE(std::isnan(before));
  EXPECT_EQ(after, 2);
}

/// Values small enough that every order of the sums is exact.
TEST(Emulation, FragmentsMeetInAProduct) {
  bf16 a[16][16], b[8][16];
  float expected[16][8] = {}, found[16][8] = {};
  for (int i = 0; i < 16; ++i)
    for (int k = 0; k < 16; ++k) a[i][k] = to_bf16(static_cast<float>((3 * i + 5 * k) % 17 - 8));
  for (int j = 0; j < 8; ++j)
    for (int k = 0; k < 16; ++k) b[j][k] = to_bf16(static_cast<float>((7 * j + 2 * k) % 13 - 6));
  for (int i = 0; i < 16; ++i)
    for (int j = 0; j < 8; ++j)
      for (int k = 0; k < 16; ++k) expected[i][j] += to_float(a[i][k]) * to_float(b[j][k]);
  run(32, 1024, [&] {
    bf16* shared = shared_memory<bf16>();  // a [16][16], then b [8][16] twice
    const int lane = static_cast<int>(threadIdx.x);
    for (int i = lane; i < 256; i += 32) shared[i] = a[i / 16][i % 16];
    for (int i = lane; i < 256; i += 32) shared[256 + i] = b[i / 16 % 8][i % 16];
    __syncthreads();
    std::uint32_t x[4], y[4];
    ldmatrix_x4(x, shared + lane % 16 * 16 + lane / 16 * 8);
    ldmatrix_x4(y, shared + 256 + (lane / 16 * 8 + lane % 8) * 16 + lane / 8 % 2 * 8);
    float sum[4] = {};
    mma_m16n8k16(sum, x, y[0], y[1]);
    for (int i = 0; i < 4; ++i) found[lane / 4 + 8 * (i / 2)][lane % 4 * 2 + i % 2] = sum[i];
  });
  for (int i = 0; i < 16; ++i)
    for (int j = 0; j < 8; ++j) EXPECT_EQ(found[i][j], expected[i][j]) << i << ", " << j;
}

void add_one(int* value) {
  if (threadIdx.x == 0) *value += 1;
}

/// A graph does again what was recorded, and nothing else.
TEST(Emulation, AGraphReplaysWhatWasRecorded) {
  CUstream_st* stream = nullptr;
  ASSERT_EQ(cudaStreamCreateWithFlags(&stream, 0), cudaSuccess);
  void* memory = nullptr;
  ASSERT_EQ(cudaMalloc(&memory, 256), cudaSuccess);
  auto* value = static_cast<int*>(memory);
  *value = 0;
  CUgraph_st* graph = nullptr;
  CUgraphExec_st* exec = nullptr;
  ASSERT_EQ(cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed), cudaSuccess);
  launch(add_one, dim3(1), 32, 0, stream, value);
  EXPECT_THROW(cudaStreamSynchronize(stream), std::logic_error);
  EXPECT_THROW(cudaMemcpyAsync(memory, &stream, 8, cudaMemcpyHostToDevice, stream),
               std::logic_error);
  ASSERT_EQ(cudaStreamEndCapture(stream, &graph), cudaSuccess);
  ASSERT_EQ(cudaGraphInstantiate(&exec, graph, 0), cudaSuccess);
  cudaStreamSynchronize(stream);
  EXPECT_EQ(*value, 0) << "recording ran it";
  for (int i = 0; i < 3; ++i) ASSERT_EQ(cudaGraphLaunch(exec, stream), cudaSuccess);
  cudaStreamSynchronize(stream);
  EXPECT_EQ(*value, 3);
  cudaFree(memory);
  EXPECT_THROW(cudaGraphLaunch(exec, stream), std::logic_error) << "its memory is gone";
  cudaGraphExecDestroy(exec);
  cudaGraphDestroy(graph);
  cudaStreamDestroy(stream);
}

TEST(Emulation, AKernelThatBeganEarlyWaitsFirst) {
  const auto early = [](const std::function<void()>& body) {
    run_grid(dim3(2), 32, 64, body, true);
  };
  EXPECT_THROW(early([] {}), std::logic_error) << "it never waits";
  EXPECT_THROW(early([] {
                 if (threadIdx.x == 0) wait_for_previous();
               }),
               std::logic_error)
      << "it asks for its index first";
  EXPECT_THROW(early([] {
                 __syncthreads();
                 wait_for_previous();
               }),
               std::logic_error);
  EXPECT_THROW(early([] {
                 (void)shared_memory<int>();
                 wait_for_previous();
               }),
               std::logic_error);
  int sum = 0;
  early([&] {
    wait_for_previous();
    sum += static_cast<int>(threadIdx.x);
  });
  EXPECT_EQ(sum, 2 * 31 * 16);
}

TEST(Emulation, OnlyEventsOrderStreams) {
  CUstream_st *first = nullptr, *second = nullptr;
  CUevent_st* event = nullptr;
  ASSERT_EQ(cudaStreamCreateWithFlags(&first, 0), cudaSuccess);
  ASSERT_EQ(cudaStreamCreateWithFlags(&second, 0), cudaSuccess);
  ASSERT_EQ(cudaEventCreateWithFlags(&event, 0), cudaSuccess);
  int value = 0, seen = -1;
  enqueue(first, [&] { value = 1; });
  enqueue(second, [&] { seen = value; });
  cudaStreamSynchronize(second);
  EXPECT_EQ(seen, 0) << "nothing ordered them: the late stream had not run";
  cudaEventRecord(event, first);
  cudaStreamWaitEvent(second, event, 0);
  enqueue(second, [&] { seen = value; });
  cudaStreamSynchronize(second);
  EXPECT_EQ(seen, 1);
  cudaEventDestroy(event);
  cudaStreamDestroy(first);
  cudaStreamDestroy(second);
}

}  // namespace
}  // namespace flm::emulation
