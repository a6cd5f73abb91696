// Replicas that share the work: the same results in the same order, whoever computed them.
#include <gmock/gmock.h>

#include <map>
#include <numeric>
#include <thread>
#include <tuple>

#include "base/errors.h"
#include "engine/engine.h"
#include "engine/replicas/batch_run.h"
#include "engine/replicas/generation_run.h"
#include "tests/engine/fixture.h"

namespace flm::test {
namespace {

std::unique_ptr<Engine> open_replicas(int replicas, int ranks = 1, double memory_gib = 0,
                                      Precision precision = Precision::kFp32,
                                      const std::string& model = nano(), int stages = 1) {
  static SilentProgress silent;
  EngineOptions options;
  options.model = model;
  options.threads = 3;
  options.data_parallel = replicas;
  options.tensor_parallel = ranks;
  options.pipeline_parallel = stages;
  options.memory_gib = memory_gib;
  options.precision = precision;
  return Engine::open(options, silent);
}

constexpr std::int32_t kNanoVocab = 2112;

std::vector<ScoreRequest> some_requests() {
  std::vector<ScoreRequest> requests = mixed_requests(kNanoVocab);
  for (std::uint32_t i = 0; i < 30; ++i)
    requests.push_back({random_ids(100 + i, kNanoVocab, 2000 + i), 1, 0});
  return requests;
}

/// Results in the order that the sink saw them.
std::vector<std::pair<std::size_t, std::vector<float>>> delivered(Engine& engine) {
  const std::vector<ScoreRequest> requests = some_requests();
  std::vector<std::pair<std::size_t, std::vector<float>>> seen;
  const std::atomic<bool> stop = false;
  const auto caller = std::this_thread::get_id();
  EXPECT_TRUE(engine.score(
      requests,
      [&](std::size_t i, ScoreResult&& result) {
        EXPECT_EQ(std::this_thread::get_id(), caller);
        seen.emplace_back(i, std::move(result.logprobs));
      },
      [] {}, stop));
  return seen;
}

TEST(Replicas, ScoreWithTheBitsOfOneInTheSameOrderEachTime) {
  FLM_NEED_NANO();
  for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
    auto one = delivered(*open_replicas(1, 1, 0, precision));
    std::sort(one.begin(), one.end());
    for (const auto& [replicas, ranks] :
         std::vector<std::pair<int, int>>{{2, 1}, {3, 1}, {5, 1}, {2, 2}, {3, 4}}) {
      const auto engine = open_replicas(replicas, ranks, 0, precision);
      EXPECT_EQ(engine->info().data_parallel, replicas);
      auto first = delivered(*engine);
      EXPECT_EQ(first, delivered(*open_replicas(replicas, ranks, 0, precision)))
          << "the order is that of the batches";
      EXPECT_GT(engine->counters().batches, replicas);
      EXPECT_EQ(engine->counters().rows_computed, engine->plan(some_requests()).rows_computed);
      std::sort(first.begin(), first.end());
      EXPECT_TRUE(first == one) << replicas << " replicas of " << ranks << " ranks";
    }
  }
}

TEST(Stages, HaveTheBitsOfOneModel) {
  FLM_NEED_NANO();
  for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
    auto one = delivered(*open_replicas(1, 1, 0, precision));
    std::sort(one.begin(), one.end());
    for (const auto& [stages, replicas] :
         std::vector<std::pair<int, int>>{{2, 1}, {3, 1}, {4, 1}, {2, 2}}) {
      const auto engine = open_replicas(replicas, 1, 0, precision, nano(), stages);
      EXPECT_EQ(engine->info().models, stages * replicas);
      auto found = delivered(*engine);
      EXPECT_GT(engine->counters().batches, stages * replicas) << "all stages have work";
      std::sort(found.begin(), found.end());
      EXPECT_TRUE(found == one) << replicas << " pipelines of " << stages << " stages";
    }
  }
  EXPECT_THROW(open_replicas(1, 1, 0, Precision::kFp32, nano(), 5), UserError) << "of 4 layers";
  EXPECT_THROW(open_replicas(1, 2, 0, Precision::kFp32, nano(), 2), UserError) << "and of ranks";
}

TEST(Replicas, StreamTheirWeightsToo) {
  FLM_NEED_NANO();
  const std::vector<ScoreRequest> requests = some_requests();
  const auto roomy = open_replicas(1);
  double tight = 0.001;  // GiB, hardly more than the longest request needs
  for (bool fits = false; !fits; tight *= 1.01) {
    try {
      (void)open_replicas(2, 1, tight)->plan(requests);
      fits = true;
    } catch (const UserError&) {
    }
  }
  const auto engine = open_replicas(2, 1, tight);
  const EnginePlan plan = engine->plan(requests);
  EXPECT_LE(static_cast<double>(plan.bytes_peak), tight * 1024 * 1024 * 1024);
  EXPECT_EQ(differences(score_all(*roomy, requests), score_all(*engine, requests)), 0);
}

TEST(Replicas, GenerateWithTheBitsOfOne) {
  FLM_NEED_NANO();
  std::vector<GenerateRequest> requests;
  for (std::uint32_t i = 0; i < 40; ++i) {
    GenerateRequest request;
    request.prompt = random_ids(40, kNanoVocab, i / 5);  // five share their beginning
    for (std::int32_t id : random_ids(3, kNanoVocab, 100 + i)) request.prompt.push_back(id);
    request.max_new_tokens = 3 + static_cast<int>(i % 9);
    request.sampling.temperature = i % 2 == 0 ? 0 : 1;
    request.sampling.seed = i;
    requests.push_back(std::move(request));
  }
  const auto one = open_replicas(1);
  const auto expected = generate_all(*one, nano(), requests);
  for (const auto& [replicas, ranks, stages] :
       std::vector<std::tuple<int, int, int>>{{2, 1, 1}, {3, 2, 1}, {1, 1, 2}, {2, 1, 4}}) {
    const auto engine = open_replicas(replicas, ranks, 0, Precision::kFp32, nano(), stages);
    const auto found = generate_all(*engine, nano(), requests);
    for (std::size_t i = 0; i < requests.size(); ++i) {
      EXPECT_EQ(found[i].tokens, expected[i].tokens) << i;
      EXPECT_EQ(found[i].logprobs, expected[i].logprobs) << i;
      EXPECT_EQ(found[i].text, expected[i].text) << i;
    }
    EXPECT_EQ(engine->counters().generated_tokens, one->counters().generated_tokens);
  }
}

TEST(Replicas, ReadOneCopyOfTheWeights) {
  FLM_NEED_NANO();
  const std::vector<ScoreRequest> requests = {{random_ids(40, kNanoVocab, 1), 1, 0}};
  const auto peak = [&](int replicas) {
    return open_replicas(replicas, 1, 0, Precision::kFp32, "synthetic:llama-160m")
        ->plan(requests)
        .bytes_peak;
  };
  const std::int64_t weights = std::int64_t{4} * 162 * 1000 * 1000;
  EXPECT_GT(peak(1), weights / 2);
  EXPECT_LT(peak(2) - peak(1), weights / 4);
}

/// Answers at once, or fails, or never before it is told to stop.
class StandIn : public Replica {
 public:
  enum class Manner { kAnswers, kFails, kIsStopped };
  explicit StandIn(Manner manner) : manner_(manner) {}
  void load_weights() override {}
  std::optional<std::vector<HeadAnswer>> score(const PackedBatch&, std::span<const HeadQuery>,
                                               const PassControl& control) override {
    if (manner_ == Manner::kFails) throw UserError("node 3 is gone");
    while (manner_ == Manner::kIsStopped) {
      if (!control.go_on(0.5)) return std::nullopt;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(++calls % 3));
    return std::vector<HeadAnswer>{};
  }
  bool generate(std::span<const GenerateRequest> requests, const Tokenizer&, const GeneratorLimits&,
                const GenerateSink& sink, const BatchSink& commit, const std::atomic<bool>& stop,
                GeneratorCounters& counters) override {
    if (manner_ == Manner::kFails) throw UserError("node 3 is gone");
    for (std::size_t i = 0; i < requests.size(); ++i) {
      GenerateResult result;
      result.tokens = requests[i].prompt;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      sink(i, std::move(result));
      commit();
      if (stop.load()) return false;
    }
    counters.generated_tokens += static_cast<std::int64_t>(requests.size());
    return true;
  }
  static inline std::atomic<int> calls = 0;

 private:
  const Manner manner_;
};

Replicas team_of(const std::vector<StandIn::Manner>& manners) {
  Replicas replicas;
  for (const auto manner : manners) replicas.push_back(std::make_unique<StandIn>(manner));
  return replicas;
}

std::vector<Replica*> faces_of(const Replicas& replicas) {
  std::vector<Replica*> faces;
  for (const auto& replica : replicas) faces.push_back(replica.get());
  return faces;
}

struct Dealt {
  std::vector<std::int32_t> order;  // begins of the slices that were delivered
  bool finished = false;
};

Dealt deal(
    const Replicas& replicas, const std::atomic<bool>& stop,
    const std::function<void()>& on_delivery = [] {}) {
  std::vector<TrieSlice> slices;
  for (std::int32_t i = 0; i < 50; ++i) slices.push_back({i * 10, i * 10 + 10, 0, 1});
  Dealt dealt;
  std::int64_t last = 0;
  BatchRun run;
  run.slices = slices;
  run.pack = [](const TrieSlice&) { return ScoringBatch(); };
  run.deliver = [&](BatchDone&& done) {
    dealt.order.push_back(done.slice->begin);
    on_delivery();
  };
  run.progress = [&](std::int64_t rows) {
    EXPECT_LE(rows, 500);
    last = rows;
  };
  dealt.finished = run_batches(faces_of(replicas), run, stop);
  EXPECT_EQ(dealt.finished, last == 500);
  return dealt;
}

using enum StandIn::Manner;

TEST(RunBatches, DeliversAllInOrder) {
  const std::atomic<bool> stop = false;
  for (const std::size_t members : {1u, 2u, 7u}) {
    const Dealt dealt = deal(team_of(std::vector(members, kAnswers)), stop);
    EXPECT_TRUE(dealt.finished);
    ASSERT_EQ(dealt.order.size(), 50u);
    EXPECT_TRUE(std::is_sorted(dealt.order.begin(), dealt.order.end()));
  }
}

TEST(RunBatches, AMemberThatFailsEndsTheRunWithItsReason) {
  const std::atomic<bool> stop = false;
  for (const auto& manners : {std::vector{kFails}, std::vector{kAnswers, kFails, kAnswers},
                              std::vector{kIsStopped, kFails}})
    EXPECT_THROW(deal(team_of(manners), stop), UserError);
}

TEST(RunBatches, StopDeliversWhatIsThere) {
  std::atomic<bool> stop = false;
  int seen = 0;
  const Dealt dealt = deal(team_of({kAnswers, kAnswers}), stop, [&] {
    if (++seen == 5) stop = true;
  });
  EXPECT_FALSE(dealt.finished);
  EXPECT_GE(dealt.order.size(), 5u);
  EXPECT_LT(dealt.order.size(), 50u);
  EXPECT_TRUE(std::is_sorted(dealt.order.begin(), dealt.order.end()));
}

TEST(RunBatches, AnErrorOfTheTakerEndsTheRun) {
  const std::atomic<bool> stop = false;
  EXPECT_THROW(deal(team_of({kAnswers, kAnswers}), stop, [] { throw UserError("disk full"); }),
               UserError);
}

TEST(GenerateTogether, GivesEachRequestToOneMember) {
  const auto tokenizer = Tokenizer::open({nano(), AddBos::kAuto});
  std::vector<GenerateRequest> requests(200);
  for (std::size_t i = 0; i < requests.size(); ++i)
    requests[i].prompt = {static_cast<std::int32_t>(i * 7 % 13), static_cast<std::int32_t>(i)};
  const GeneratorLimits limits{.kv_slots = 1 << 20, .max_batch = 8, .max_length = 4096};
  const Replicas three = team_of({kAnswers, kAnswers, kAnswers}),
                 two = team_of({kAnswers, kAnswers}), failing = team_of({kAnswers, kFails});
  std::map<std::size_t, std::vector<std::int32_t>> found;
  std::atomic<bool> stop = false;
  GeneratorCounters counters;
  const auto take = [&](std::size_t i, GenerateResult&& result) {
    EXPECT_TRUE(found.emplace(i, result.tokens).second);
  };
  EXPECT_TRUE(generate_together(
      faces_of(three), requests, *tokenizer, limits, take, [] {}, stop, counters));
  ASSERT_EQ(found.size(), requests.size());
  for (const auto& [i, tokens] : found) EXPECT_EQ(tokens, requests[i].prompt);
  EXPECT_EQ(counters.generated_tokens, 200);

  found.clear();
  EXPECT_FALSE(generate_together(
      faces_of(two), requests, *tokenizer, limits, take, [&] { stop = true; }, stop, counters));
  EXPECT_LT(found.size(), requests.size());
  EXPECT_THROW(generate_together(
                   faces_of(failing), requests, *tokenizer, limits,
                   [](std::size_t, GenerateResult&&) {}, [] {}, false, counters),
               UserError);
}

}  // namespace
}  // namespace flm::test
