// Colour is for terminals, and for who asks for it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/harness/on_terminal.h"
#include "tests/harness/program.h"

namespace flm::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kInverse = "\x1b[7m";

class Color : public ::testing::Test {
 protected:
  Color() {
    EXPECT_EQ(run(scratch, {"run", "--model", nano(), "--tasks", "bpb_en_books", "--limit", "1",
                            "--name", "r", "--quiet"})
                  .exit_code,
              0);
  }

  /// What the program prints on a terminal of 60 columns.
  std::string on_terminal(const char* no_color, const char* term,
                          std::vector<std::string> words = {"report", "r"}) const {
    return testing::on_terminal(scratch, 60, std::move(words), [&] {
      if (no_color)
        setenv("NO_COLOR", no_color, 1);
      else
        unsetenv("NO_COLOR");
      setenv("TERM", term, 1);
    });
  }

  Scratch scratch;
};

TEST_F(Color, IsOnATerminalWithoutNoColor) {
  EXPECT_THAT(on_terminal(nullptr, "xterm"), HasSubstr(kInverse));
  EXPECT_THAT(on_terminal("", "xterm"), HasSubstr(kInverse)) << "empty is as if it were not set";
  EXPECT_THAT(on_terminal("1", "xterm"), Not(HasSubstr("\x1b[")));
  EXPECT_THAT(on_terminal(nullptr, "dumb"), Not(HasSubstr("\x1b[")));
  EXPECT_THAT(on_terminal(nullptr, "xterm", {"report", "r", "--color", "never"}),
              Not(HasSubstr("\x1b[")));
  EXPECT_THAT(on_terminal("1", "xterm", {"report", "r", "--color", "always"}), HasSubstr(kInverse));
}

TEST_F(Color, IsInAPipeWhereItIsAskedFor) {
  EXPECT_THAT(run(scratch, {"report", "r"}).out, Not(HasSubstr("\x1b[")));
  EXPECT_THAT(run(scratch, {"report", "r", "--color", "always"}).out, HasSubstr(kInverse));
  EXPECT_THAT(run(scratch, {"report", "r", "--color", "always", "--format", "md"}).out,
              Not(HasSubstr("\x1b[")));
  EXPECT_EQ(run(scratch, {"report", "r", "--color", "red"}).exit_code, 2);
}

TEST_F(Color, OfARunItself) {
  const std::vector<std::string> words = {"run",          "--model", nano(), "--tasks",
                                          "bpb_en_books", "--limit", "1",    "--quiet"};
  EXPECT_THAT(run(scratch, words).out, Not(HasSubstr("\x1b[")));
  std::vector<std::string> colored = words;
  colored.insert(colored.end(), {"--color", "always"});
  EXPECT_THAT(run(scratch, colored).out, HasSubstr(kInverse));
}

}  // namespace
}  // namespace flm::testing
