// What a processor is called, from the text of /proc/cpuinfo as Linux writes it.
#include "bench/machine/machine.h"

#include <gtest/gtest.h>

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

TEST(ThisMachine, HasTheBestInstructionSetOfTheEngine) {
  const Machine machine = this_machine();
  EXPECT_TRUE(machine.isa == "avx512" || machine.isa == "avx2" || machine.isa == "portable");
  EXPECT_TRUE(!machine.bf16_dot || machine.isa == "avx512");
}

}  // namespace
}  // namespace flm::bench
