// Processes by name: alive, gone, out of sight.
#include "base/system/process.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sstream>

namespace flm {
namespace {

TEST(Process, ThisOneIsAlive) {
  EXPECT_EQ(state_of_process(this_process()), ProcessState::kAlive);
  EXPECT_EQ(this_process(), this_process());
}

/// The name of a child that waits until `alive` closes.
struct Child {
  Child() {
    int name[2], alive[2];
    EXPECT_EQ(pipe(name) | pipe(alive), 0);
    id = fork();
    if (id == 0) {
      close(alive[1]);
      const std::string mine = this_process();
      if (write(name[1], mine.data(), mine.size()) < 0) _exit(1);
      char byte;
      _exit(read(alive[0], &byte, 1) == 0 ? 0 : 1);
    }
    char buffer[512];
    const ssize_t size = read(name[0], buffer, sizeof buffer);
    said.assign(buffer, static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    for (int end : {name[0], name[1], alive[0]}) close(end);
    hold = alive[1];
  }
  void end() { close(hold); }
  pid_t id = 0;
  int hold = -1;
  std::string said;
};

TEST(Process, AnEndedOneIsGoneAndSoIsItsZombie) {
  Child child;
  EXPECT_EQ(state_of_process(child.said), ProcessState::kAlive);
  EXPECT_NE(child.said, this_process());
  child.end();
  siginfo_t info{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child.id), &info, WEXITED | WNOWAIT), 0);
  EXPECT_EQ(state_of_process(child.said), ProcessState::kGone) << "a zombie";
  EXPECT_EQ(waitpid(child.id, nullptr, 0), child.id);
  EXPECT_EQ(state_of_process(child.said), ProcessState::kGone);
}

TEST(Process, AnotherOfTheSameNumberOrAnotherBootIsGone) {
  std::string later = this_process();
  later.back() = later.back() == '1' ? '2' : '1';
  EXPECT_EQ(state_of_process(later), ProcessState::kGone);
  std::istringstream words(this_process());
  std::string host, machine, boot, rest;
  words >> host >> machine >> boot;
  std::getline(words, rest);
  const ProcessState rebooted = state_of_process(host + " " + machine + " another" + rest);
  EXPECT_EQ(rebooted, machine == "?" ? ProcessState::kOutOfSight : ProcessState::kGone);
  EXPECT_EQ(state_of_process(host + " 0123 " + boot + rest), ProcessState::kOutOfSight);
}

TEST(Process, OfOtherHostsNothingIsKnown) {
  EXPECT_EQ(state_of_process("x" + this_process()), ProcessState::kOutOfSight);
  EXPECT_EQ(state_of_process(""), ProcessState::kOutOfSight);
  EXPECT_EQ(state_of_process("nonsense"), ProcessState::kOutOfSight);
}

}  // namespace
}  // namespace flm
