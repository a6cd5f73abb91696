// What planning shows on the screen is taken off it again, whichever thread does the last piece.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "engine/tokenizer.h"
#include "harness/cli/options.h"
#include "harness/plan/render.h"
#include "harness/plan/tokenize.h"

namespace flm {
namespace {

const std::string kNano = std::string(FLM_SHARED_DIR) + "/models/nano/step_01600";

/// Which work is on the screen, and which was said to have ended.
class Screen : public Progress {
 public:
  void note(const std::string&) override {}
  void update(const std::string& what, std::int64_t, std::int64_t total) override {
    if (total == 0) ended.insert(what);
    shown = total > 0 ? what : "";
  }
  std::set<std::string> ended;
  std::string shown;
};

TEST(ShownWork, EndsWithThePlan) {
  if (!std::filesystem::exists(kNano)) GTEST_SKIP() << "skipped: ../shared is not here";
  const auto tokenizer = Tokenizer::open({kNano});
  TaskFlags flags;
  flags.tasks = "mmlu";
  flags.limit = 1;
  Screen screen;
  RunPlan plan = render_plan(flags, tokenizer.get(), screen);
  EXPECT_EQ(screen.shown, "");
  tokenize_plan(plan, flags, {}, *tokenizer, 512, 2, screen);
  EXPECT_EQ(screen.shown, "");
  EXPECT_THAT(screen.ended, ::testing::ElementsAre("documents tokenized", "tasks rendered"));
}

}  // namespace
}  // namespace flm
