// Clocks and power over a stand-in for NVML (tests/engine/cuda/nvml).
#include "engine/cuda/runtime/device_sensors.h"

#include <gtest/gtest.h>

namespace flm::test {
namespace {

TEST(DeviceSensors, InTheirUnitsAndZeroWhereTheDeviceDoesNotTell) {
  const auto sensors = DeviceSensors::open(0, FLM_NVML_STAND_IN);
  ASSERT_NE(sensors, nullptr);
  const SensorReading now = sensors->read();
  EXPECT_EQ(now.sm_mhz, 1980);
  EXPECT_EQ(now.memory_mhz, 2619);
  EXPECT_EQ(now.watts, 350.25);
  EXPECT_EQ(now.celsius, 0);
}

TEST(DeviceSensors, NoneWhereTheLibraryOrTheDeviceIsMissing) {
  EXPECT_EQ(DeviceSensors::open(0, "libflm-no-such-library.so"), nullptr);
  EXPECT_EQ(DeviceSensors::open(0, "libm.so.6"), nullptr) << "another library";
  EXPECT_EQ(DeviceSensors::open(99, FLM_NVML_STAND_IN), nullptr);
}

}  // namespace
}  // namespace flm::test
