#include "base/system/cgroup_limits.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "base/system/program_file.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

/// A machine's /proc and /sys in a folder of their own.
class Cgroups : public ::testing::Test {
 protected:
  void put(const std::string& path, const std::string& text) { root_.write(path, text); }
  CgroupLimits limits() const { return cgroup_limits(root_.path()); }

 private:
  TemporaryFolder root_;
};

TEST_F(Cgroups, OfVersion2TheTightestCounts) {
  put("/proc/self/cgroup", "0::/slice/job\n");
  put("/sys/fs/cgroup/slice/job/cpu.max", "max 100000\n");
  put("/sys/fs/cgroup/slice/cpu.max", "150000 100000\n");
  put("/sys/fs/cgroup/slice/job/memory.max", "8000\n");
  put("/sys/fs/cgroup/slice/job/memory.current", "3000\n");
  put("/sys/fs/cgroup/slice/job/memory.stat", "anon 900\ninactive_file 500\n");
  EXPECT_DOUBLE_EQ(limits().cpus, 1.5);
  EXPECT_EQ(limits().memory, 5500);
}

TEST_F(Cgroups, OfVersion1EachControllerHasItsTree) {
  put("/proc/self/cgroup",
      "12:memory:/user/job\n4:cpu,cpuacct:/user\n1:name=systemd:/user\n0::/user\n");
  put("/sys/fs/cgroup/cpu/user/cpu.cfs_quota_us", "250000\n");
  put("/sys/fs/cgroup/cpu/user/cpu.cfs_period_us", "100000\n");
  put("/sys/fs/cgroup/memory/user/job/memory.limit_in_bytes", "7000\n");
  put("/sys/fs/cgroup/memory/user/job/memory.usage_in_bytes", "6000\n");
  put("/sys/fs/cgroup/memory/user/job/memory.stat", "inactive_file 1\ntotal_inactive_file 250\n");
  EXPECT_DOUBLE_EQ(limits().cpus, 2.5);
  EXPECT_EQ(limits().memory, 1250);
}

TEST_F(Cgroups, InAContainerThePathMayBeTheHosts) {
  put("/proc/self/cgroup", "5:memory:/docker/0a1b\n4:cpu,cpuacct:/docker/0a1b\n");
  put("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  put("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "4096\n");
  put("/sys/fs/cgroup/memory/memory.usage_in_bytes", "96\n");
  EXPECT_TRUE(std::isinf(limits().cpus));
  EXPECT_EQ(limits().memory, 4000);
}

TEST_F(Cgroups, WithoutAnyNothingIsLimited) {
  EXPECT_TRUE(std::isinf(limits().cpus));
  EXPECT_EQ(limits().memory, std::numeric_limits<std::int64_t>::max());
}

TEST(ProgramFile, IsTheOneThatRuns) {
  EXPECT_EQ(program_file(), std::filesystem::read_symlink("/proc/self/exe").string());
}

}  // namespace
}  // namespace flm
