// How a group's change weighs its members, and which items are the same.
#include "reports/track/changes.h"

#include <gtest/gtest.h>

#include "tests/reports/track/made_series.h"

namespace flm {
namespace {

/// Two checkpoints: three documents of prose, two of code.
class GroupChanges : public ::testing::Test {
 protected:
  GroupChanges() {
    store_.add("s", {.step = 100},
               {{"prose", {{90, 100, 25}, {150, 200, 50}, {80, 100, 25}}},
                {"code", {{180, 100, 40}, {300, 100, 40}}}});
    store_.add("s", {.step = 200},
               {{"prose", {{80, 100, 25}, {144, 200, 50}, {82, 100, 25}}},
                {"code", {{160, 100, 40}, {288, 100, 40}}}});
    before_ = figures("run-s-100");
    now_ = figures("run-s-200");
    metric_ = now_.leaves.at("bpb_prose").metrics.at(0).metric.metric;
  }

  PointFigures figures(const std::string& run) {
    std::vector<std::string> warnings;
    return read_figures(*store_, run, {{store_->find_run(run), store_->tasks(run)}}, {}, ids_,
                        warnings);
  }
  double of_task(const std::string& task) {
    return Changes(before_, now_).of_task(task, metric_, "none")->difference;
  }
  double of_group(const GroupRecord& group, const std::string& metric) {
    return Changes(before_, now_).of_group(group, metric, "none")->difference;
  }

  MadeStore store_;
  ItemIds ids_;
  PointFigures before_, now_;
  std::string metric_;
};

TEST_F(GroupChanges, OfAGroupThatSaysNothingOfWeightsAreBySize) {
  GroupRecord group;
  group.leaves = {"bpb_prose", "bpb_code"};
  EXPECT_NEAR(of_group(group, metric_), (3 * of_task("bpb_prose") + 2 * of_task("bpb_code")) / 5,
              1e-15);
  group.metrics = {{metric_, {"none"}, false}};
  EXPECT_NEAR(of_group(group, metric_), (of_task("bpb_prose") + of_task("bpb_code")) / 2, 1e-15);
}

TEST_F(GroupChanges, AMemberThatIsCountedTwiceHasBothWeights) {
  GroupRecord group;
  group.leaves = {"bpb_prose", "bpb_prose", "bpb_code"};
  const double prose = of_task("bpb_prose"), code = of_task("bpb_code");
  ASSERT_NE(prose, code);
  EXPECT_NEAR(of_group(group, "bpb_macro"), (2 * prose + code) / 3, 1e-15);
  group.mixtures = {{"mine", "", {{"bpb_code", 3}, {"bpb_prose", 2}, {"bpb_code", 1}}}};
  EXPECT_NEAR(of_group(group, "bpb_mine"), (2 * prose + 4 * code) / 6, 1e-15);
}

/// The same document with other shots before it is another question.
TEST(ItemIds, AreOfDocumentPromptAndAnswer) {
  SampleRecord sample;
  sample.doc_hash = "d";
  sample.prompt_hash = "p";
  sample.target_hash = "t";
  ItemIds ids;
  const ItemId id = ids.of(sample);
  sample.doc_id = 7;
  EXPECT_EQ(ids.of(sample), id);
  for (std::string SampleRecord::*hash :
       {&SampleRecord::doc_hash, &SampleRecord::prompt_hash, &SampleRecord::target_hash}) {
    SampleRecord other = sample;
    other.*hash = "another";
    EXPECT_NE(ids.of(other), id);
  }
}

}  // namespace
}  // namespace flm
