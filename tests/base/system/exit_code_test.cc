// The line and the code that an error ends with.
#include "base/system/exit_code.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <functional>
#include <future>
#include <new>
#include <system_error>

#include "base/errors.h"

namespace flm {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

std::string line_of(const std::function<int()>& program, int code) {
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(exit_code_of({"flmeval", "give a smaller --memory"}, program), code);
  return ::testing::internal::GetCapturedStderr();
}

TEST(ExitCode, ThreadsThatCannotBeMadeAreTheUsersToMend) {
  const auto no_thread = []() -> int { throw std::system_error(EAGAIN, std::generic_category()); };
  EXPECT_EQ(
      line_of(no_thread, kUserError),
      "flmeval: the system says Resource temporarily unavailable; raise the limit on threads and "
      "processes (ulimit -u, a container's pids.max) or give fewer --threads\n");
}

/// As oneTBB says it: "pthread_create has failed: " and strerror(3).
TEST(ExitCode, SoAreThoseOfTheLoops) {
  const auto no_thread = []() -> int {
    throw std::runtime_error("pthread_create has failed: Resource temporarily unavailable");
  };
  EXPECT_THAT(line_of(no_thread, kUserError), HasSubstr("raise the limit on threads"));
}

TEST(ExitCode, AnErrorOfTheFileSystemSaysWhere) {
  const auto error = [](const char* path) {
    return [path]() -> int {
      const std::error_code denied(EACCES, std::generic_category());
      throw std::filesystem::filesystem_error("cannot increment", path, denied);
    };
  };
  EXPECT_EQ(line_of(error("sub/x"), kUserError),
            "flmeval: the file system says Permission denied; get the right to it or give another "
            "path: sub/x\n");
  EXPECT_THAT(line_of(error(""), kUserError), HasSubstr("cannot increment"));
}

TEST(ExitCode, TooManyOpenFilesHaveTheirOwnRemedy) {
  const auto error = []() -> int {
    const std::error_code many(EMFILE, std::generic_category());
    throw std::filesystem::filesystem_error("cannot open", "folder", many);
  };
  EXPECT_THAT(line_of(error, kUserError),
              EndsWith("raise the limit on open files (ulimit -n): folder\n"));
}

TEST(ExitCode, AnErrorOfALibraryStaysADefect) {
  const auto broken = []() -> int { throw std::future_error(std::future_errc::no_state); };
  EXPECT_THAT(line_of(broken, kInternalError), HasSubstr("internal error"));
}

TEST(ExitCode, MemoryThatIsOutAndWorkThatCanGoOnHaveTheirCodes) {
  EXPECT_EQ(line_of([]() -> int { throw std::bad_alloc(); }, kUserError),
            "flmeval: out of memory; give a smaller --memory\n");
  EXPECT_EQ(
      line_of([]() -> int { throw IncompleteError("stopped; go on with --resume"); }, kInterrupted),
      "flmeval: stopped; go on with --resume\n");
}

TEST(ExitCode, AProgramHasItsOwnNameAndItsOwnWayToShowALine) {
  const ErrorVoice voice = {"flmeval bench", "choose smaller rows with --filter",
                            [](const std::string& message) { return "<" + message + ">"; }};
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(exit_code_of(voice, []() -> int { throw std::bad_alloc(); }), kUserError);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "flmeval bench: <out of memory; choose smaller rows with --filter>\n");
}

}  // namespace
}  // namespace flm
