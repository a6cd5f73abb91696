// Planning in proportion to the one thing that it cannot avoid: encoding each text once.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string_view>

#include "engine/engine.h"
#include "engine/tokenizer.h"
#include "harness/cli/options.h"
#include "harness/plan/plan_cost.h"
#include "harness/plan/render.h"
#include "harness/plan/tokenize.h"

namespace flm {
namespace {

const std::string kShared = FLM_SHARED_DIR;

std::size_t shared_prefix(std::string_view a, std::string_view b) {
  const std::size_t most = std::min(a.size(), b.size());
  std::size_t at = 0;
  while (at < most && a[at] == b[at]) ++at;
  return at;
}

/// Of all threads: what else runs on the machine takes none of it.
double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// Each task's few-shot header once, and the rest of each prompt.
std::vector<std::string> unique_texts(const RunPlan& plan) {
  std::vector<std::string> texts;
  for (const PlannedTask& task : plan.tasks) {
    std::string header = task.items.at(0).item.requests.at(0).context;
    for (const PlannedItem& item : task.items)
      header.resize(shared_prefix(header, item.item.requests.at(0).context));
    header.resize(header.rfind('\n') + 1);  // whole lines: an encoding of its own
    texts.push_back(header);
    for (const PlannedItem& item : task.items)
      texts.push_back(item.item.requests.at(0).context.substr(header.size()));
  }
  return texts;
}

TEST(PlanningSpeed, MmluFiveShotAgainstEncodingItsUniqueTextOnce) {
  if (!std::filesystem::exists(kShared + "/data/mmlu"))
    GTEST_SKIP() << "skipped: ../shared is not here";
  SilentProgress silent;
  const auto tokenizer = Tokenizer::open({kShared + "/models/tokenizers/tele-flm"});
  EngineOptions engine_options;
  engine_options.model = "synthetic:tele-flm-mup-283m";
  const auto engine = Engine::open(engine_options, silent);
  TaskFlags flags;
  flags.tasks = "mmlu";
  flags.data = kShared + "/data";
  flags.num_fewshot = 5;

  const char* asked = std::getenv("FLM_TRIALS");
  const int trials = asked ? std::atoi(asked) : 1;
  double planning = 1e9, encoding = 1e9;
  for (int trial = 0; trial < trials; ++trial) {
    double start = processor_seconds();
    RunPlan plan = render_plan(flags, tokenizer.get(), silent);
    tokenize_plan(plan, flags, {}, *tokenizer, engine->info().max_length, engine->info().threads,
                  silent);
    const EnginePlan cost = plan_cost(*engine, plan);
    planning = std::min(planning, processor_seconds() - start);
    ASSERT_EQ(cost.requests, 56168);

    const std::vector<std::string> texts = unique_texts(plan);
    start = processor_seconds();
    std::size_t ids = 0;
    for (const std::string& text : texts) ids += tokenizer->encode_ids(text).size();
    encoding = std::min(encoding, processor_seconds() - start);
    EXPECT_GT(ids, std::size_t{1'000'000});
  }
  std::printf("planning %.2f s, encoding unique text once %.2f s, ratio %.2f\n", planning, encoding,
              planning / encoding);
  EXPECT_LE(planning, 1.5 * encoding);
}

}  // namespace
}  // namespace flm
