// Expected seconds: by arithmetic, by data sheets, by what was measured; what a stop waits for.
#include "engine/scoring/batch_time.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/errors.h"
#include "base/system/machine.h"
#include "engine/cuda/device_speed.h"
#include "tests/engine/checkpoint/small_checkpoint.h"

namespace flm::test {
namespace {

TEST(BatchTime, StreamedWeightsComeWhileABatchComputes) {
  const ExpectedSpeed resident{2e12, 0, ""}, streamed{2e12, 7, ""};
  EXPECT_DOUBLE_EQ(resident.seconds(20e12), 10);
  EXPECT_DOUBLE_EQ(streamed.seconds(20e12), 10);
  EXPECT_DOUBLE_EQ(streamed.seconds(2e12), 7);
  EXPECT_DOUBLE_EQ(weight_seconds(100e9, 200e9, 50e9), 2);
  EXPECT_DOUBLE_EQ(weight_seconds(100e9, 50e9, 50e9), 1 + 50e9 / 2e9) << "the rest from a file";
  EXPECT_DOUBLE_EQ(weight_seconds(100e9, 0, 0), 50);
}

TEST(BatchTime, StepsOfDecodingAreOfTheLongestTextOrOfFullBatches) {
  std::vector<GenerateRequest> requests(10);
  for (GenerateRequest& request : requests) request.max_new_tokens = 16;
  EXPECT_EQ(decoding_steps(requests, 64), 16);
  EXPECT_EQ(decoding_steps(requests, 4), 40);
  requests[3].max_new_tokens = 100;
  EXPECT_EQ(decoding_steps(requests, 4), 100);
  EXPECT_EQ(decoding_steps({}, 4), 0);
}

TEST(BatchTime, AStopWaitsForThirtySeconds) {
  EXPECT_TRUE(worth_finishing(10, 0.25)) << "30 s are left";
  EXPECT_FALSE(worth_finishing(10.1, 0.25));
  EXPECT_TRUE(worth_finishing(290, 0.99));
  EXPECT_TRUE(worth_finishing(0.001, 0.5));
  EXPECT_FALSE(worth_finishing(0.001, 0)) << "nothing is lost";
  EXPECT_TRUE(worth_finishing(1, 0.5, 1)) << "the user's own limit";
  EXPECT_FALSE(worth_finishing(1, 0.5, 0.9));
}

class DeviceSpeeds : public ::testing::Test {
 protected:
  DeviceSpeeds() : cache_("XDG_CACHE_HOME", folder_.path()) {}
  const TemporaryFolder folder_;
  const ScopedEnvironment cache_;
};

CudaDevice device_of(const std::string& name, int major, int minor) {
  CudaDevice device;
  device.name = name;
  device.major = major;
  device.minor = minor;
  return device;
}

TEST_F(DeviceSpeeds, AreTheDataSheetsUntilSomethingWasMeasured) {
  const CudaDevice h100 = device_of("NVIDIA H100 80GB HBM3", 9, 0);
  const DeviceSpeed sheet = expected_device_speed(h100, true);
  EXPECT_NEAR(sheet.flops, 0.6 * 989.4e12, 1e9);
  EXPECT_NE(sheet.basis.find("data sheet of an H100"), std::string::npos) << sheet.basis;
  EXPECT_NEAR(expected_device_speed(h100, false).flops, 0.6 * 66.9e12, 1e9);
  EXPECT_NEAR(expected_device_speed(device_of("A100", 8, 0), true).flops, 0.6 * 312e12, 1e9);
  const DeviceSpeed unknown = expected_device_speed(device_of("a later one", 99, 0), true);
  EXPECT_NE(unknown.basis.find("rule of thumb"), std::string::npos) << unknown.basis;

  keep_ceilings(h100.name, {.bf16_flops = 700e12, .host_to_device_bytes = 40e9});
  const DeviceSpeed measured = expected_device_speed(h100, true);
  EXPECT_NEAR(measured.flops, 0.7 * 700e12, 1e9);
  EXPECT_EQ(measured.host_to_device_bytes, 40e9);
  EXPECT_EQ(measured.nominal_flops, sheet.flops) << "batches are cut as before";
  EXPECT_NE(measured.basis.find("measured"), std::string::npos) << measured.basis;
  EXPECT_NEAR(expected_device_speed(h100, false).flops, 0.6 * 66.9e12, 1e9) << "not of fp32 yet";

  keep_ceilings(h100.name, {.fp32_flops = 50e12});
  EXPECT_NEAR(expected_device_speed(h100, false).flops, 0.7 * 50e12, 1e9);
  EXPECT_NEAR(expected_device_speed(h100, true).flops, 0.7 * 700e12, 1e9) << "kept";
  EXPECT_NEAR(expected_device_speed(device_of("NVIDIA H200", 9, 0), true).flops, 0.6 * 989.4e12,
              1e9)
      << "another device";
}

TEST_F(DeviceSpeeds, ADamagedOrUnwritableFileIsNoError) {
  const CudaDevice device = device_of("One", 9, 0);
  keep_ceilings(device.name, {.bf16_flops = 700e12});
  std::ofstream(folder_.path() + "/flmeval/ceilings/One.json") << "{\"bf16_flops\": \"many\"";
  EXPECT_NEAR(expected_device_speed(device, true).flops, 0.6 * 989.4e12, 1e9);
  std::filesystem::remove_all(folder_.path() + "/flmeval");
  std::ofstream(folder_.path() + "/flmeval") << "a file where the folder should be";
  keep_ceilings(device.name, {.bf16_flops = 700e12});
  EXPECT_NEAR(expected_device_speed(device, true).flops, 0.6 * 989.4e12, 1e9);
}

TEST(HostMemory, IsWhatTheEnvironmentSays) {
  const std::int64_t free = available_memory();
  EXPECT_GT(free, 0);
  EXPECT_GE(inspect_host_memory().total, inspect_host_memory().available);
  {
    const ScopedEnvironment said("FLM_HOST_MEMORY", "1.5");
    EXPECT_EQ(available_memory(), std::int64_t{3} << 29);
    EXPECT_EQ(page_locked_bytes(available_memory()), (std::int64_t{3} << 29) / 10 * 7);
  }
  for (const char* bad : {"much", "-1", "0", "nan", "1e30", "8G"}) {
    const ScopedEnvironment said("FLM_HOST_MEMORY", bad);
    try {
      (void)available_memory();
      ADD_FAILURE() << "taken: " << bad;
    } catch (const UserError& error) {
      EXPECT_NE(std::string(error.what()).find("as in 64: "), std::string::npos) << error.what();
    }
  }
  EXPECT_THROW(host_memory_bytes("--host-memory", -3), UserError);
}

}  // namespace
}  // namespace flm::test
