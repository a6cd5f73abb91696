// A mapped file that is cut short ends the program with its path.
#include "harness/process/bus_error.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace flm {
namespace {

/// Maps a file, cuts it short and reads behind its end, on another thread than the first.
void read_behind_the_end(const std::string& path, void (*answer)() = answer_bus_errors) {
  answer();
  const int file = open(path.c_str(), O_RDONLY);
  const std::size_t size = std::filesystem::file_size(path);
  auto* bytes =
      static_cast<const volatile char*>(mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0));
  std::filesystem::resize_file(path, 10);
  std::thread([&] { (void)bytes[size - 1]; }).join();
}

TEST(BusErrorDeathTest, NamesTheFileThatWasCutShort) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const std::string path = ::testing::TempDir() + "flm bus error";
  std::ofstream(path) << std::string(1 << 16, 'x');
  EXPECT_EXIT(read_behind_the_end(path), ::testing::ExitedWithCode(2),
              "flmeval: .*flm bus error was cut short while it was read.*run again");
  std::filesystem::remove(path);
}

/// No process joins an MPI job twice: a start anew would fail, or be waited for in vain.
TEST(BusErrorDeathTest, AJobThatWatchesAsksForAStart) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const std::string path = ::testing::TempDir() + "flm bus error of a job";
  std::ofstream(path) << std::string(1 << 16, 'x');
  EXPECT_EXIT(read_behind_the_end(path, ask_for_a_start_on_bus_errors),
              ::testing::ExitedWithCode(3), "was cut short.*start the same command again");
  std::filesystem::remove(path);
}

/// What is no file's dies as it always did.
TEST(BusErrorDeathTest, AnythingElseIsLeftAlone) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        answer_bus_errors();
        raise(SIGBUS);
      },
      ::testing::KilledBySignal(SIGBUS), "");
}

}  // namespace
}  // namespace flm
