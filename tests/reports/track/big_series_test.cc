// A series of 300 checkpoints over 20 domains: how long its report takes, and how large its page
// is.
//   FLM_SERIES_DOCUMENTS=50 build/tests/test_reports_track --gtest_filter='BigSeries*'
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>

#include "reports/tracking.h"
#include "tests/reports/track/made_series.h"

namespace flm {
namespace {

constexpr int kCheckpoints = 300, kDomains = 20;

MadeDomains domains_at(int step, int documents) {
  MadeDomains out;
  for (int d = 0; d < kDomains; ++d) {
    std::vector<MadeDocument>& domain = out["domain_" + std::to_string(10 + d)];
    for (int i = 0; i < documents; ++i) {
      const double bytes = 900 + 37 * (i % 11);
      const double rate = 0.5 + 0.02 * d + 3 / std::sqrt(step) + 0.01 * std::sin(step * (i + d));
      domain.push_back({bytes * rate, bytes, std::floor(bytes / 4)});
    }
  }
  return out;
}

double seconds_of(const std::function<void()>& action) {
  const std::clock_t start = std::clock();
  action();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

TEST(BigSeries, IsReportedFromTheStore) {
  const char* asked = std::getenv("FLM_SERIES_DOCUMENTS");
  if (!asked) GTEST_SKIP() << "a measurement: FLM_SERIES_DOCUMENTS=N runs it, N documents a domain";
  MadeStore store;
  for (int i = 1; i <= kCheckpoints; ++i)
    store.add("big", {.step = 1000 * i, .tokens = std::to_string(4096000LL * i)},
              domains_at(1000 * i, std::atoi(asked)));
  Tracking tracking;
  const double building =
      seconds_of([&] { tracking = build_tracking(*store, {.series = {"big"}}); });
  const std::string folder = store.folder() + "/out";
  std::string text;
  const double views = seconds_of([&] {
    text = render_tracking_text(tracking, 80);
    write_tracking_outputs(tracking, folder);
  });
  std::printf("%s\n%d x %d, %s documents each: built in %.2f s, views %.2f s\n", text.c_str(),
              kCheckpoints, kDomains, asked, building, views);
  for (const auto& file : std::filesystem::directory_iterator(folder))
    std::printf("%s %ju bytes\n", file.path().filename().c_str(),
                static_cast<std::uintmax_t>(file.file_size()));
  if (const char* keep = std::getenv("FLM_KEEP_PAGES"))
    std::filesystem::copy(folder, keep,
                          std::filesystem::copy_options::overwrite_existing |
                              std::filesystem::copy_options::recursive);
  EXPECT_EQ(tracking.series.at(0).points.size(), std::size_t{kCheckpoints});
}

}  // namespace
}  // namespace flm
