// The store's tables of points and of signs of life, and stores that an older program made.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <ctime>
#include <filesystem>

#include "reports/store/sqlite.h"
#include "tests/reports/store/store_fixture.h"

namespace flm {
namespace {

using testing::HasSubstr;

PointRecord point(std::int64_t step, const std::string& run, const std::string& state = "scored") {
  PointRecord out;
  out.series = "nano/step_*";
  out.checkpoint = "step_" + std::to_string(step);
  out.path = "/models/" + out.checkpoint;
  out.layout = "hf";
  out.step = step;
  out.tokens = "409600000000000";
  out.tokens_source = "checkpoint";
  out.flops = "6.5e21";
  out.flops_source = "trainer";
  out.state = state;
  out.reason = "a reason";
  out.run = run;
  out.weights_hash = "hash";
  out.written = "1795000000123456789";
  out.noted = "2026-11-24T20:30:13Z";
  out.tries = 3;
  return out;
}

TEST_F(StoreTest, PointsComeBackAsTheyWereInTheOrderOfTheirSteps) {
  const auto store = Store::open(path_);
  for (const std::int64_t step : {1000, 90, 200}) store->put_point(point(step, "run"));
  EXPECT_TRUE(store->points("").empty()) << "nothing is there before commit()";
  store->commit();
  const std::vector<PointRecord> points = store->points("nano/step_*");
  ASSERT_EQ(points.size(), 3U);
  EXPECT_EQ(points[0].step, 90);
  EXPECT_EQ(points[2].step, 1000);
  const PointRecord& first = points[0];
  EXPECT_EQ(first.checkpoint + first.path + first.layout, "step_90/models/step_90hf");
  EXPECT_EQ(first.tokens + first.tokens_source, "409600000000000checkpoint");
  EXPECT_EQ(first.flops + first.flops_source, "6.5e21trainer");
  EXPECT_EQ(first.state + first.reason + first.run, "scoreda reasonrun");
  EXPECT_EQ(first.weights_hash + first.written, "hash1795000000123456789");
  EXPECT_EQ(first.noted, "2026-11-24T20:30:13Z");
  EXPECT_EQ(first.tries, 3);
  EXPECT_TRUE(store->points("other").empty());
}

TEST_F(StoreTest, AScoredPointTakesThePlaceOfOneThatWaited) {
  const auto store = Store::open(path_);
  store->put_point(point(90, "", "incomplete"));
  store->put_point(point(90, "", "failed"));
  store->commit();
  ASSERT_EQ(store->points("").size(), 1U);
  EXPECT_EQ(store->points("")[0].state, "failed");
  store->put_point(point(90, "a"));
  store->put_point(point(90, "b"));
  store->commit();
  ASSERT_EQ(store->points("").size(), 2U) << "two runs of one checkpoint";
  EXPECT_EQ(store->points("")[0].run, "a");
}

/// A store as the first version made it: without points.
void make_version_1(const std::string& path) {
  { const auto store = Store::open(path); }
  execute(path, "DROP TABLE points; DROP TABLE heartbeats; PRAGMA user_version = 1");
}

TEST_F(StoreTest, AStoreOfVersion1GetsItsTableOfPoints) {
  make_version_1(path_);
  const auto store = Store::open(path_);
  store->put_point(point(90, "a"));
  store->commit();
  EXPECT_EQ(store->points("").size(), 1U);
}

TEST_F(StoreTest, AStoreOfVersion1ThatIsOnlyReadHasNoPoints) {
  make_version_1(path_);
  EXPECT_TRUE(Store::open_to_read(path_)->points("").empty());
  EXPECT_FALSE(Store::open_to_read(path_)->heartbeat("a"));
}

TEST_F(StoreTest, ASignOfLifeIsThereAtOnceAndTakesTheLastOnesPlace) {
  const auto computing = Store::open(path_), looking = Store::open_to_read(path_);
  EXPECT_FALSE(looking->heartbeat("a"));
  computing->put_heartbeat({"a", "2026-11-24T20:30:13Z", "scoring tokens", 10, 90});
  computing->put_heartbeat({"a", "2026-11-24T20:30:18Z", "scoring tokens", 20, 90});
  const auto sign = looking->heartbeat("a");
  ASSERT_TRUE(sign);
  EXPECT_EQ(sign->at, "2026-11-24T20:30:18Z");
  EXPECT_EQ(sign->done, 20);
  EXPECT_EQ(sign->total, 90);
}

TEST_F(StoreTest, WhereAnotherWritesTheSignIsLeftOutAndNobodyWaits) {
  const auto store = Store::open(path_);
  SqliteDatabase other(path_, 0, SqliteAccess::kWrite);
  other.execute("BEGIN IMMEDIATE");
  store->put_heartbeat({"a", "2026-11-24T20:30:13Z", "", 0, 0});
  other.roll_back();
  EXPECT_FALSE(store->heartbeat("a"));
}

}  // namespace
}  // namespace flm
