// The pages in a real browser: scripts/browser-check looks at them. Skipped where there is none.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "reports/html/compare/compare_page.h"
#include "reports/html/curves/curves_page.h"
#include "tests/reports/html/made_comparison.h"
#include "tests/reports/html/made_curves.h"

namespace flm {
namespace {

constexpr int kNoBrowser = 77;

TEST(Browser, PagesWork) {
  // A path with spaces and Chinese: pages are opened from wherever somebody saved them.
  // FLM_PAGES=DIR keeps them there for a person to look at.
  const char* kept = std::getenv("FLM_PAGES");
  const std::filesystem::path folder = kept ? kept
                                            : std::filesystem::temp_directory_path() /
                                                  ("flm pages 页面 " + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "compare 比较.html", std::ios::binary)
      << render_compare_html(made_comparison(), {});
  std::ofstream(folder / "curves.html", std::ios::binary) << render_curves_html(made_curves());
  const std::string command = "timeout 100 '" FLM_SOURCE_DIR
                              "/scripts/browser-check' --word 题目 '" +
                              folder.string() + "'/*.html";
  const int status = std::system(command.c_str());
  if (!kept) std::filesystem::remove_all(folder);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kNoBrowser)
    GTEST_SKIP() << "no browser is installed (Debian: apt-get install chromium)";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace flm
