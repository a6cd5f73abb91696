// What a processor is called, from the text of /proc/cpuinfo as Linux writes it.
#include "bench/machine/machine.h"

#include <gtest/gtest.h>

#include "bench/machine/caches.h"
#include "tests/temporary_folder.h"

namespace flm::bench {
namespace {

TEST(CpuName, OfX86HasItsModelAndNumbers) {
  EXPECT_EQ(cpu_name("processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 17\n"
                     "model name\t: AMD EPYC 9654\nstepping\t: 1\n\nprocessor\t: 1\n"
                     "model name\t: another\n"),
            "AMD EPYC 9654 (family 25, model 17, stepping 1)");
}

/// Linux gives ARM's identification register in parts, and no name.
TEST(CpuName, OfArmIsItsNumbers) {
  EXPECT_EQ(cpu_name("processor\t: 0\nBogoMIPS\t: 243.75\nFeatures\t: fp asimd evtstrm aes\n"
                     "CPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x3\n"
                     "CPU part\t: 0xd0c\nCPU revision\t: 1\n\nprocessor\t: 1\n"),
            "ARM implementer 0x41, part 0xd0c, variant 0x3, revision 1");
}

TEST(CpuName, IsUnknownWhereNothingIsSaid) {
  EXPECT_EQ(cpu_name(""), "unknown");
  EXPECT_EQ(cpu_name("processor : 0\nno colon here\n"), "unknown");
}

/// One line of sysfs for each file of a cache.
void write_cache(const TemporaryFolder& folder, int cpu, int index, const std::string& level,
                 const std::string& type, const std::string& size, const std::string& sharers) {
  const std::string place =
      "cpu" + std::to_string(cpu) + "/cache/index" + std::to_string(index) + "/";
  folder.write(place + "level", level + "\n");
  folder.write(place + "type", type + "\n");
  folder.write(place + "size", size + "\n");
  folder.write(place + "shared_cpu_list", sharers + "\n");
}

/// A socket of chiplets, each with a last cache for its four cores.
class Chiplets {
 public:
  Chiplets() {
    for (int cpu = 0; cpu < 16; ++cpu) {
      const std::string own = std::to_string(cpu), first = std::to_string(cpu / 4 * 4),
                        last = std::to_string(cpu / 4 * 4 + 3);
      write_cache(folder_, cpu, 0, "1", "Data", "32K", own);
      write_cache(folder_, cpu, 1, "1", "Instruction", "64K", own);
      write_cache(folder_, cpu, 2, "2", "Unified", "1024K", own);
      write_cache(folder_, cpu, 3, "3", "Unified", "32768K", first + "-" + last);
    }
  }
  const std::string& path() const { return folder_.path(); }

 private:
  const TemporaryFolder folder_;
};

TEST(Caches, OfAllChipletsThatTheProcessMayUseAreCountedOnceEach) {
  constexpr double kLast = 32.0 * 1024 * 1024;
  const Chiplets chiplets;
  EXPECT_EQ(caches_of(chiplets.path(), {0}).last, kLast);
  EXPECT_EQ(caches_of(chiplets.path(), {0, 1, 2, 3}).last, kLast);
  EXPECT_EQ(caches_of(chiplets.path(), {3, 4}).last, 2 * kLast);
  std::vector<int> all;
  for (int cpu = 0; cpu < 16; ++cpu) all.push_back(cpu);
  const Caches caches = caches_of(chiplets.path(), all);
  EXPECT_EQ(caches.last, 4 * kLast);
  EXPECT_EQ(caches.l1, 32 * 1024);
  EXPECT_EQ(caches.l2, 1024 * 1024);
}

TEST(Caches, AreNoneWhereNothingIsTold) {
  const TemporaryFolder folder;
  EXPECT_EQ(caches_of(folder.path(), {0, 1}).last, 0);
  const std::vector<int> cpus = allowed_cpus();
  EXPECT_FALSE(cpus.empty());
}

TEST(ThisMachine, HasTheBestInstructionSetOfTheEngine) {
  const Machine machine = this_machine();
  EXPECT_TRUE(machine.isa == "avx512" || machine.isa == "avx2" || machine.isa == "portable");
  EXPECT_TRUE(!machine.bf16_dot || machine.isa == "avx512");
}

}  // namespace
}  // namespace flm::bench
