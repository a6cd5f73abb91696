// A sweep over widths and learning rates: the best of each width, what is not told from it, and
// whether the optimum moves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/errors.h"
#include "reports/tracking.h"
#include "tests/reports/track/made_series.h"

namespace flm {
namespace {

using testing::HasSubstr;

/// Four documents whose loss is `level`, each moved a little by `spread`.
MadeDomains prose(double level, double spread) {
  return {{"prose",
           {{level + spread, 100, 25},
            {level - spread, 100, 25},
            {level + 2 * spread, 100, 25},
            {level - 2 * spread, 100, 25}}}};
}

TrainingLog log_of(double rate) {
  TrainingLog out;
  out.loss_key = "loss";
  for (int step : {1, 50, 100}) {
    out.live.points.push_back({});
    out.live.points.back().step = step;
    out.live.points.back().learning_rate = step == 50 ? rate : rate / 2;
  }
  return out;
}

class Sweep : public testing::Test {
 protected:
  void add(const std::string& name, int hidden, double rate, double level, double spread) {
    for (int step : {50, 100})
      store_.add("sweep",
                 {.step = step,
                  .weights = name + std::to_string(step),
                  .run = name + std::to_string(step),
                  .tokens = std::to_string(step * 1000),
                  .folder = "/sweep/" + name,
                  .hidden = hidden},
                 prose(level + (step == 50 ? 10 : 0), spread));
    request_.logs.push_back(log_of(rate));
  }
  SweepTable table() { return *build_tracking(*store_, request_).sweep; }

  MadeStore store_;
  TrackingRequest request_{.series = {"sweep"}, .by = {"hidden", "lr"}};
};

TEST_F(Sweep, NamesTheBestOfEachWidthAndWhatIsNotToldFromIt) {
  add("a", 64, 0.01, 90, 1);
  add("b", 64, 0.02, 80, 1);    // best
  add("c", 64, 0.04, 80.5, 5);  // half a nat worse, within its scatter
  const SweepTable sweep = table();
  EXPECT_EQ(sweep.axis, "tokens");
  EXPECT_EQ(sweep.x, 100'000);
  ASSERT_EQ(sweep.rows.size(), 3U);
  EXPECT_EQ(sweep.rows[0].coordinates, (std::vector<std::string>{"64", "0.01"}));
  EXPECT_TRUE(sweep.rows[1].best);
  EXPECT_NEAR(*sweep.rows[0].difference, 10.0 * 4 / 400 / std::log(2), 1e-12);
  EXPECT_FALSE(sweep.rows[0].tied);
  EXPECT_TRUE(sweep.rows[2].tied);
  EXPECT_THAT(sweep.verdict, HasSubstr("one width alone"));
}

TEST_F(Sweep, SaysWhetherTheOptimumMoves) {
  add("a", 64, 0.01, 90, 1);
  add("b", 64, 0.02, 80, 1);
  add("c", 128, 0.01, 85, 1);
  add("d", 128, 0.02, 70, 1);
  EXPECT_THAT(table().verdict,
              HasSubstr("no move of the optimum is seen: lr 0.02 is best at every width"));
  add("e", 256, 0.01, 60, 1);
  add("f", 256, 0.02, 75, 1);
  EXPECT_THAT(table().verdict,
              HasSubstr("the optimum moves with hidden (hidden 64: lr 0.02; hidden "
                        "128: lr 0.02; hidden 256: lr 0.01)"));
}

TEST_F(Sweep, OneCoordinateAloneComparesAllRuns) {
  add("a", 64, 0.01, 90, 1);
  add("b", 64, 0.02, 80, 1);
  add("c", 64, 0.04, 80.5, 5);
  request_.by = {"lr"};
  const SweepTable sweep = table();
  EXPECT_FALSE(sweep.rows[0].best);
  EXPECT_NEAR(*sweep.rows[0].difference, 10.0 * 4 / 400 / std::log(2), 1e-12);
  EXPECT_TRUE(sweep.rows[1].best);
  EXPECT_TRUE(sweep.rows[2].tied);
  EXPECT_EQ(sweep.verdict, "lr 0.02 is best, not told from it: lr 0.04");
}

TEST_F(Sweep, ACoordinateThatIsNowhereNamesThoseThatAre) {
  add("a", 64, 0.01, 90, 1);
  add("b", 64, 0.02, 80, 1);
  request_.by = {"hidden", "dropout"};
  try {
    table();
    FAIL() << "nothing was thrown";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("known: hidden, lr, parameters"));
    EXPECT_THAT(error.what(), testing::EndsWith(": dropout"));
  }
}

}  // namespace
}  // namespace flm
