// Several processes, played by threads: launchers' variables, messages, links, and an engine whose
// replicas are elsewhere.
#include "engine/nodes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "engine/engine.h"
#include "engine/nodes/launch.h"
#include "engine/nodes/messages.h"
#include "engine/nodes/remote_models.h"
#include "engine/serve.h"
#include "tests/engine/fixture.h"
#include "tests/engine/nodes/thread_transport.h"

namespace flm::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr LinkLimits kQuick{20ms, 600ms};

JobLaunch launch_of(const std::map<std::string, std::string>& environment) {
  return read_launch([&](const char* name) -> const char* {
    const auto it = environment.find(name);
    return it == environment.end() ? nullptr : it->second.c_str();
  });
}

TEST(Launch, IsReadFromTheLaunchersVariables) {
  EXPECT_EQ(launch_of({}).ranks, 1);
  EXPECT_EQ(launch_of({}).launcher, "");
  const JobLaunch open = launch_of({{"OMPI_COMM_WORLD_RANK", "2"}, {"OMPI_COMM_WORLD_SIZE", "4"}});
  EXPECT_EQ(open.rank, 2);
  EXPECT_EQ(open.ranks, 4);
  EXPECT_EQ(open.plugin, "openmpi");
  EXPECT_EQ(launch_of({{"PMI_RANK", "0"}, {"PMI_SIZE", "2"}}).plugin, "mpich");
  // A batch script of Slurm is one process, a step is several.
  EXPECT_EQ(launch_of({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "8"}}).ranks, 1);
  const std::map<std::string, std::string> step = {{"SLURM_PROCID", "3"},
                                                   {"SLURM_STEP_NUM_TASKS", "8"}};
  EXPECT_EQ(launch_of(step).ranks, 8);
  EXPECT_EQ(launch_of(step).plugin, "") << "srun --mpi=none";
  auto kind = step;
  kind["SLURM_MPI_TYPE"] = "pmi2";
  EXPECT_EQ(launch_of(kind).plugin, "mpich");
  kind["SLURM_MPI_TYPE"] = "pmix_v4";
  EXPECT_EQ(launch_of(kind).plugin, "openmpi");
  EXPECT_EQ(launch_of(kind).local_rank, 0) << "where the launcher says nothing";
  kind["SLURM_LOCALID"] = "1";
  EXPECT_EQ(launch_of(kind).local_rank, 1);
  // srun --mpi=pmi2 sets MPICH's variables besides its own, but for the local rank.
  std::map<std::string, std::string> pmi2 = {
      {"PMI_RANK", "5"}, {"PMI_SIZE", "8"}, {"SLURM_LOCALID", "1"}};
  EXPECT_EQ(launch_of(pmi2).local_rank, 1);
  EXPECT_EQ(launch_of(pmi2).launcher, "srun");
  EXPECT_EQ(launch_of(pmi2).plugin, "mpich");
  pmi2["MPI_LOCALRANKID"] = "3";  // mpirun of MPICH within a step of Slurm
  EXPECT_EQ(launch_of(pmi2).local_rank, 3);
  EXPECT_EQ(launch_of(pmi2).launcher, "mpirun of MPICH");
}

TEST(Launch, NumbersThatCannotBeAreRefused) {
  for (const auto& [rank, size] : std::vector<std::pair<std::string, std::string>>{
           {"4", "4"}, {"-1", "4"}, {"x", "4"}, {"0", "0"}, {"1", "99999999999"}, {"", "2"}})
    EXPECT_THROW(launch_of({{"PMI_RANK", rank}, {"PMI_SIZE", size}}), UserError)
        << rank << " of " << size;
}

TEST(Messages, ComeBackAsTheyWent) {
  PackedBatch batch;
  batch.ids = {1, 2, 3};
  batch.segments = {{0, 0, 2}, {4, 2, 1}};
  batch.copies = {{1, 2, 3}};
  const std::vector<HeadQuery> queries = {{{5, 6}, 2}, {{}, 0}};
  const ScoreUnit unit = decode_score(encode(batch, queries, true));
  EXPECT_EQ(unit.batch.ids, batch.ids);
  EXPECT_EQ(unit.batch.segments[1].slot, 4);
  EXPECT_EQ(unit.batch.copies[0].count, 3);
  EXPECT_EQ(unit.queries[0].targets, queries[0].targets);
  EXPECT_TRUE(unit.another);

  GenerateRequest request;
  request.prompt = {7, 8};
  request.stop = {"\n\n", "Q:"};
  request.stop_ids = {2};
  request.sampling.seed = 99;
  request.begun.tokens = {4};
  const GenerateUnit generate = decode_generate(encode({{request}}, {.kv_slots = 640}));
  EXPECT_EQ(generate.requests[0].stop, request.stop);
  EXPECT_EQ(generate.requests[0].sampling.seed, 99u);
  EXPECT_EQ(generate.requests[0].begun.tokens, request.begun.tokens);
  EXPECT_EQ(generate.limits.kv_slots, 640);

  HeadAnswer answer;
  answer.logprobs = {-0.5f, -1e-30f};
  answer.top = {{3, -0.25f}};
  answer.log_sum_exp = 7;
  EXPECT_EQ(decode_answers(encode(std::vector{answer}))[0].top, answer.top);
}

/// Cut at any byte it is an error, and counts that are larger than the message get no memory.
TEST(Messages, ThatEndEarlyAreRefused) {
  GenerateRequest request;
  request.prompt = {7, 8};
  request.stop = {"x"};
  const Bytes whole = encode({{request}}, {});
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_THROW(
        decode_generate(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))),
        UserError)
        << size;
  Bytes boastful = whole;
  for (int i = 0; i < 8; ++i) boastful[static_cast<std::size_t>(i)] = std::byte{0x7F};
  EXPECT_THROW(decode_generate(boastful), UserError);
}

TEST(Shares, AreOfAHostAndOfItsCores) {
  const auto shares = shares_of({hello_of("a"), hello_of("b"), hello_of("a"), hello_of("a", {5})});
  EXPECT_EQ(shares[0].local_ranks, 3);
  EXPECT_EQ(shares[0].sharing, 2);
  EXPECT_EQ(shares[1].local_ranks, 1);
  EXPECT_EQ(shares[2].local_rank, 1);
  EXPECT_EQ(shares[2].index, 1);
  EXPECT_EQ(shares[3].local_rank, 2);
  EXPECT_EQ(shares[3].sharing, 1) << "bound to cores of its own";
  EngineOptions options;
  options.device = "cuda";
  options.host_memory_gib = 1;
  EXPECT_EQ(for_share(options, shares[3]).device, "cuda:2");
  EXPECT_EQ(for_share(options, shares[1]).device, "cuda") << "alone on its host";
  options.threads = 6;
  EXPECT_EQ(for_share(options, shares[2]).threads, 6) << "what was typed";
}

TEST(Job, AnotherBuildIsNamedOnAllRanks) {
  Wires wires(3);
  const auto errors =
      run_job(wires, kQuick, {hello_of("a"), hello_of("b"), hello_of("c", {0}, "other")},
              [](Job&) { ADD_FAILURE(); });
  for (const std::string& error : errors)
    EXPECT_THAT(error,
                AllOf(HasSubstr("rank 2 on c runs another build"), HasSubstr("rank 0 on a")));
}

/// Only the leader's would be obeyed, and nobody told.
TEST(Job, AnotherCommandLineIsNamedOnAllRanks) {
  Wires wires(3);
  std::vector<Hello> hellos = {hello_of("a"), hello_of("b"), hello_of("c")};
  for (Hello& hello : hellos) hello.words = {"score", "--tokens", "my file"};
  hellos[2].words = {"score"};
  const auto errors = run_job(wires, kQuick, hellos, [](Job&) { ADD_FAILURE(); });
  for (const std::string& error : errors)
    EXPECT_THAT(error, AllOf(HasSubstr("rank 2 on c was started with another command line than "
                                       "rank 0 on a"),
                             HasSubstr(": flmeval score, not flmeval score --tokens 'my file'")));
}

TEST(Job, AFrozenProcessIsNamedInTime) {
  Wires wires(3);
  const auto start = std::chrono::steady_clock::now();
  const auto errors =
      run_job(wires, kQuick, {hello_of("a"), hello_of("b"), hello_of("c")}, [&](Job& job) {
        if (job.rank() == 2) wires.frozen[2] = true;
        if (job.rank() > 0) {
          (void)job.link().receive(0, kControl);
        } else {
          std::this_thread::sleep_for(1500ms);  // others go on
          EXPECT_EQ(job.link().receive(1, kControl, 1ms), std::nullopt);
          (void)job.link().receive(2, kControl);
        }
      });
  EXPECT_THAT(errors[0], AllOf(HasSubstr("rank 2 on c is lost"), HasSubstr("no sign of life")));
  EXPECT_THAT(errors[2], HasSubstr("the leader (rank 0) is lost"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
}

TEST(Job, AnErrorOfOpeningIsThatOfTheJob) {
  EXPECT_THROW(
      Job([]() -> std::unique_ptr<NodeTransport> { throw UserError("no plug-in"); }, hello_of("a")),
      UserError);
}

/// Rank 0 of a job of threads as an engine, the others serve it.
void with_engine(int ranks, EngineOptions options,
                 const std::function<void(const EngineOptions&)>& lead) {
  Wires wires(ranks);
  std::vector<Hello> hellos;
  for (int rank = 0; rank < ranks; ++rank)
    hellos.push_back(hello_of("host" + std::to_string(rank)));
  std::vector<std::jthread> others;
  for (int rank = 1; rank < ranks; ++rank)
    others.emplace_back([&, rank] {
      Job job([&wires, rank] { return std::make_unique<ThreadTransport>(wires, rank); },
              hellos[static_cast<std::size_t>(rank)]);
      serve(job);
    });
  options.nodes = std::make_shared<Nodes>(std::make_unique<Job>(
      [&wires] { return std::make_unique<ThreadTransport>(wires, 0); }, hellos[0]));
  lead(options);
  options.nodes->finish(0);
  others.clear();
  EXPECT_EQ(wires.finished, ranks);
  EXPECT_EQ(wires.aborted, -1);
}

EngineOptions nano_options() {
  EngineOptions options;
  options.model = options.tokenizer = nano();
  options.threads = 2;
  return options;
}

TEST(EngineOverNodes, ScoresAndGeneratesWithTheBitsOfOne) {
  FLM_NEED_NANO();
  const std::vector<ScoreRequest> requests = mixed_requests(2112);
  std::vector<GenerateRequest> prompts;
  for (std::uint32_t i = 0; i < 12; ++i) {
    GenerateRequest prompt;
    prompt.prompt = random_ids(20 + i, 2112, i);
    prompt.max_new_tokens = 8;
    prompt.sampling.temperature = i % 2;
    prompts.push_back(prompt);
  }
  const auto alone = open_engine(nano());
  const auto expected = score_all(*alone, requests);
  const auto texts = generate_all(*alone, nano(), prompts);
  for (const int ranks : {2, 3}) {
    with_engine(ranks, nano_options(), [&](const EngineOptions& options) {
      SilentProgress silent;
      for (int again = 0; again < 2; ++again) {  // another engine of the same job
        const auto engine = Engine::open(options, silent);
        EXPECT_EQ(engine->info().processes, ranks);
        EXPECT_EQ(engine->info().numerics, alone->info().numerics);
        EXPECT_EQ(differences(expected, score_all(*engine, requests)), 0);
        const auto found = generate_all(*engine, nano(), prompts);
        for (std::size_t i = 0; i < prompts.size(); ++i) {
          EXPECT_EQ(found[i].tokens, texts[i].tokens);
          EXPECT_EQ(found[i].logprobs, texts[i].logprobs);
        }
      }
    });
  }
}

/// Replicas, ranks and stages in each process of a job.
TEST(EngineOverNodes, MixturesHaveTheBitsOfOne) {
  FLM_NEED_NANO();
  const std::vector<ScoreRequest> requests = mixed_requests(2112);
  std::vector<GenerateRequest> prompts;
  for (std::uint32_t i = 0; i < 8; ++i) {
    prompts.emplace_back().prompt = random_ids(20 + i, 2112, i);
    prompts.back().max_new_tokens = 8;
    prompts.back().sampling.temperature = i % 2;
  }
  struct Mixture {
    int processes, replicas, ranks, stages;
  };
  std::size_t compared = 0;
  for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
    EngineOptions plain = nano_options();
    plain.precision = precision;
    SilentProgress silent;
    const auto alone = Engine::open(plain, silent);
    const auto expected = score_all(*alone, requests);
    const auto texts = generate_all(*alone, nano(), prompts);
    for (const Mixture& mixture : std::vector<Mixture>{
             {4, 1, 1, 1}, {2, 2, 1, 1}, {2, 1, 2, 1}, {2, 2, 2, 1}, {2, 1, 1, 2}}) {
      SCOPED_TRACE(std::to_string(mixture.processes) + " processes of " +
                   std::to_string(mixture.replicas) + " replicas, " +
                   std::to_string(mixture.ranks) + " ranks, " + std::to_string(mixture.stages) +
                   " stages");
      EngineOptions mixed = plain;
      mixed.data_parallel = mixture.replicas;
      mixed.tensor_parallel = mixture.ranks;
      mixed.pipeline_parallel = mixture.stages;
      with_engine(mixture.processes, mixed, [&](const EngineOptions& options) {
        const auto engine = Engine::open(options, silent);
        EXPECT_EQ(engine->info().models, mixture.processes * mixture.replicas * mixture.stages);
        EXPECT_EQ(differences(expected, score_all(*engine, requests)), 0);
        compared += log_probabilities(expected);
        const auto found = generate_all(*engine, nano(), prompts);
        for (std::size_t i = 0; i < prompts.size(); ++i) {
          EXPECT_EQ(found[i].tokens, texts[i].tokens);
          EXPECT_EQ(found[i].logprobs, texts[i].logprobs);
        }
      });
    }
  }
  EXPECT_GE(compared, 10'000u) << "log-probabilities";
}

/// Each process has a copy of its own; what looked through the files first may have told the
/// others.
TEST(EngineOverNodes, CountsWhatEachProcessReadsOfTheWeights) {
  FLM_NEED_NANO();
  with_engine(3, nano_options(), [](const EngineOptions& options) {
    SilentProgress silent;
    const auto engine = Engine::open(options, silent);
    EXPECT_EQ(engine->counters().weight_bytes_read, std::vector<std::int64_t>(3, 0));
    (void)score_all(*engine, {{random_ids(20, 2112, 5), 1, 0}});
    const std::vector<std::int64_t> read = engine->counters().weight_bytes_read;
    ASSERT_EQ(read.size(), 3u);
    const std::int64_t embedding = std::int64_t{2112} * engine->info().hidden * 4;
    for (const std::int64_t bytes : read) {
      EXPECT_LE(bytes, engine->info().weight_bytes);
      EXPECT_GE(bytes, engine->info().weight_bytes - embedding);
    }
    (void)score_all(*engine, {{random_ids(20, 2112, 6), 1, 0}});
    EXPECT_EQ(engine->counters().weight_bytes_read, read) << "they stay";
  });
}

TEST(EngineOverNodes, TellsWhatIsWrongElsewhere) {
  FLM_NEED_NANO();
  EngineOptions options = nano_options();
  options.model = "/nowhere/at/all";
  with_engine(2, options, [](const EngineOptions& given) {
    SilentProgress silent;
    EXPECT_THROW(Engine::open(given, silent), UserError);
  });
}

/// Texts and stop strings of what a process generates are made by the tokenizer of its own node.
TEST(EngineOverNodes, AnotherTokenizerOnANodeIsNamed) {
  FLM_NEED_NANO();
  const EngineInfo mine = open_engine(nano())->info();
  const auto tokenizer = Tokenizer::open({nano()});
  for (const std::string& theirs : {tokenizer->hash(), std::string("of-another-file")}) {
    Wires wires(2);
    const auto errors = run_job(wires, kQuick, {hello_of("a"), hello_of("b")}, [&](Job& job) {
      if (job.rank() == 0) {
        RemoteModels remote(job);
        begin_opening(job, nano_options());
        remote.open(mine, nano());
      } else {
        (void)job.link().receive(0, kControl);
        job.link().send(0, message_of(kControl, Ask::kOpened,
                                      encode(OpenedModel{.numerics = mine.numerics,
                                                         .config_hash = mine.config_hash,
                                                         .tokenizer = theirs})));
      }
    });
    if (theirs == tokenizer->hash())
      EXPECT_EQ(errors[0], "");
    else
      EXPECT_THAT(errors[0], AllOf(HasSubstr("rank 1 on b has other tokenizer files"),
                                   HasSubstr("of-another-file, not " + tokenizer->hash())));
  }
}

TEST(Job, TheExitCodeOfTheLeaderIsThatOfAll) {
  for (const int code : {0, 3}) {
    Wires wires(3);
    std::atomic<int> codes = 0;
    std::vector<std::jthread> processes;
    for (int rank = 0; rank < 3; ++rank)
      processes.emplace_back([&, rank] {
        Nodes nodes(std::make_unique<Job>(
            [&wires, rank] { return std::make_unique<ThreadTransport>(wires, rank); },
            hello_of("host" + std::to_string(rank))));
        if (rank == 0)
          nodes.finish(code);
        else
          codes += nodes.serve();
      });
    processes.clear();
    EXPECT_EQ(codes, 2 * code);
  }
}

/// A series that is watched has no model open between its checkpoints: nor have the others.
TEST(EngineOverNodes, AnEngineThatIsClosedIsClosedEverywhere) {
  FLM_NEED_NANO();
  const EngineInfo mine = open_engine(nano())->info();
  Wires wires(2);
  const auto errors = run_job(wires, kQuick, {hello_of("a"), hello_of("b")}, [&](Job& job) {
    if (job.rank() == 0) {
      RemoteModels first(job);
      for (int again = 0; again < 2; ++again) {
        RemoteModels remote(job);
        begin_opening(job, nano_options());
        remote.open(mine, "");
      }
    } else {
      const Bytes opened = encode(
          OpenedModel{.numerics = mine.numerics, .config_hash = mine.config_hash, .tokenizer = ""});
      for (int again = 0; again < 2; ++again) {
        EXPECT_EQ(ask_of(job.link().receive(0, kControl)), Ask::kOpen);
        job.link().send(0, message_of(kControl, Ask::kOpened, opened));
        EXPECT_EQ(ask_of(job.link().receive(0, kControl)), Ask::kClose);
      }
      EXPECT_EQ(job.link().receive(0, kControl, 50ms), std::nullopt) << "of one that had none open";
    }
  });
  EXPECT_THAT(errors, ::testing::Each(std::string()));
}

/// The answers to what failed here are not taken for those to what is asked next.
TEST(EngineOverNodes, GoesOnAfterAModelThatCouldNotBeOpened) {
  FLM_NEED_NANO();
  const std::vector<ScoreRequest> requests = {{random_ids(20, 2112, 5), 1, 0}};
  const auto expected = score_all(*open_engine(nano()), requests);
  with_engine(3, nano_options(), [&](EngineOptions options) {
    SilentProgress silent;
    for (const std::string model : {"/nowhere/at/all", "synthetic:nothing"}) {
      options.model = model;
      EXPECT_THROW(Engine::open(options, silent), UserError);
      options.model = nano();
      EXPECT_EQ(differences(expected, score_all(*Engine::open(options, silent), requests)), 0);
    }
    options.model = "/nowhere/at/all";  // and the job ends as it should
    EXPECT_THROW(Engine::open(options, silent), UserError);
  });
}

/// Results of prompts whose sink failed are not taken for those of the next prompts.
TEST(EngineOverNodes, GoesOnAfterASinkThatFailed) {
  FLM_NEED_NANO();
  std::vector<GenerateRequest> prompts(24);
  for (std::uint32_t i = 0; i < prompts.size(); ++i) {
    prompts[i].prompt = random_ids(20 + i, 2112, i);
    prompts[i].max_new_tokens = 1 + static_cast<int>(i);
  }
  const auto alone = open_engine(nano());
  const auto texts = generate_all(*alone, nano(), prompts);
  with_engine(2, nano_options(), [&](const EngineOptions& options) {
    SilentProgress silent;
    const auto tokenizer = Tokenizer::open({nano(), AddBos::kAuto});
    const std::atomic<bool> stop = false;
    const auto broken = Engine::open(options, silent);
    EXPECT_THROW(broken->generate(
                     prompts, *tokenizer,
                     [](std::size_t, GenerateResult&&) { throw UserError("the disk is full"); },
                     [] {}, stop),
                 UserError);
    const auto found = generate_all(*Engine::open(options, silent), nano(), prompts);
    for (std::size_t i = 0; i < prompts.size(); ++i) EXPECT_EQ(found[i].tokens, texts[i].tokens);
  });
}

/// Else the first engine's batches would be computed by the second one's model.
TEST(EngineOverNodes, AnEngineWhoseModelWasReplacedIsRefused) {
  FLM_NEED_NANO();
  with_engine(2, nano_options(), [](EngineOptions options) {
    SilentProgress silent;
    const auto first = Engine::open(options, silent);
    options.precision = Precision::kBf16;
    const auto second = Engine::open(options, silent);
    const std::vector<ScoreRequest> requests = {{random_ids(20, 2112, 5), 1, 0}};
    EXPECT_EQ(score_all(*second, requests).size(), 1u);
    const std::atomic<bool> stop = false;
    EXPECT_THROW(first->score(
                     requests, [](std::size_t, ScoreResult&&) {}, [] {}, stop),
                 InternalError);
  });
}

TEST(EngineOverNodes, StopReachesTheOthers) {
  FLM_NEED_NANO();
  with_engine(2, nano_options(), [](const EngineOptions& options) {
    SilentProgress silent;
    const auto engine = Engine::open(options, silent);
    std::vector<GenerateRequest> prompts(2);
    for (std::uint32_t i = 0; i < 2; ++i) {
      prompts[i].prompt = random_ids(9, 2112, i);
      prompts[i].max_new_tokens = 400;
    }
    const auto tokenizer = Tokenizer::open({nano(), AddBos::kAuto});
    std::atomic<bool> stop = false;
    int steps = 0;
    EXPECT_FALSE(engine->generate(
        prompts, *tokenizer, [](std::size_t, GenerateResult&&) {}, [&] { stop = ++steps > 3; },
        stop));
    // The job is sound afterwards.
    EXPECT_EQ(score_all(*engine, {{random_ids(20, 2112, 5), 1, 0}}).size(), 1u);
  });
}

}  // namespace
}  // namespace flm::test
