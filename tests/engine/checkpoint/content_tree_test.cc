// The weights' hash is a tree over chunks: recomputed here apart, the same for any number of
// threads, and able to say where two checkpoints differ.
#include <gmock/gmock.h>

#include <atomic>
#include <stdexcept>

#include "base/sha256.h"
#include "engine/checkpoint/config_json.h"
#include "engine/checkpoint/contents/content_difference.h"
#include "engine/checkpoint/contents/job_queue.h"
#include "engine/engine.h"
#include "tests/engine/checkpoint/small_checkpoint.h"
#include "tests/error_of.h"

namespace flm {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr const char* kHead = "lm_head.weight";
constexpr int kWide = 300000;  // rows of 8 bf16: 4.8 MB, two chunks

SmallCheckpoint wide() { return SmallCheckpoint(Json{{"vocab_size", kWide}}); }

WeightTable::ContentCheck check(const std::string& folder, int threads = 0) {
  SilentProgress progress;
  return WeightTable::open(folder, read_model_config(folder), threads)
      ->check_contents(progress, false);
}

/// As the header says it, by other means than the product's: over the bytes that the test wrote.
std::string expected_hash(const SmallTensors& tensors) {
  std::string root = "weights 2\n";
  for (const auto& [name, tensor] : tensors) {
    std::string chunks;
    for (std::size_t at = 0; at < tensor.bytes.size(); at += 4194304)
      chunks += sha256_hex(std::string_view(tensor.bytes).substr(at, 4194304)) + "\n";
    std::string shape;
    for (std::int64_t n : tensor.shape) shape += (shape.empty() ? "" : ", ") + std::to_string(n);
    root += name + " " + tensor.dtype + " [" + shape + "] " + sha256_hex(chunks) + "\n";
  }
  return sha256_hex(root);
}

TEST(ContentTree, IsTheTreeOverChunksForAnyThreadsAndPlace) {
  const SmallCheckpoint large = wide(), small;
  const std::string folder = large.write();
  EXPECT_EQ(check(small.write()).hash, expected_hash(small.tensors));
  const std::string expected = expected_hash(large.tensors);
  for (int threads : {1, 2, 5}) EXPECT_EQ(check(folder, threads).hash, expected) << threads;
  large.write(1);  // at odd places: copied before it is hashed
  EXPECT_EQ(check(folder, 3).hash, expected);
  EXPECT_EQ(check(folder).tensors.at(kHead).chunks.size(), 2u);
}

TEST(ContentTree, AnOldCacheEntryIsNotTaken) {
  const TemporaryFolder cache;
  const ScopedEnvironment environment("XDG_CACHE_HOME", cache.path());
  const SmallCheckpoint small;
  const std::string folder = small.write();
  const std::string hash = check(folder).hash;
  for (const auto& entry : std::filesystem::directory_iterator(cache / "flmeval/weights")) {
    Json json = read_json_file(entry.path().string());
    json = {{"key", json.at("identity")},
            {"hash", std::string(64, 'a')},
            {"not_finite", Json::array()}};
    std::ofstream(entry.path()) << json.dump();
  }
  SilentProgress progress;
  EXPECT_EQ(open_table(folder)->check_contents(progress, true).hash, hash);
}

TEST(ContentTree, ACopyThatDiffersIsToldByTensorAndChunk) {
  SmallCheckpoint one = wide(), other = wide();
  one.write();
  SilentProgress progress;
  const auto compare = [&] {
    return compare_checkpoints(one.folder.path(), other.write(), progress);
  };
  const Json same = compare();
  EXPECT_EQ(same["differences"], Json::array());
  EXPECT_EQ(same["problems"], Json::array());
  EXPECT_EQ(same["against"]["weights_hash"], same["weights_hash"]);

  other.tensors.at(kHead).bytes[4194304 + 7] ^= 1;
  const Json differs = compare();
  ASSERT_EQ(differs["differences"].size(), 1u);
  const Json& found = differs["differences"][0];
  EXPECT_EQ(found["tensor"], kHead);
  EXPECT_EQ(found["chunk"], 1);
  EXPECT_EQ(found["bytes"], Json::array({4194304, kWide * 16}));
  EXPECT_EQ(found["chunks_that_differ"], 1);
  EXPECT_EQ(found["chunks"], 2);
  EXPECT_THAT(differs["problems"].dump(),
              AllOf(HasSubstr(other.folder.path()), HasSubstr("lm_head.weight from chunk 1 on")));

  other.tensors.at(kHead).dtype = "F16";
  other.config["rope_theta"] = 500000.0;
  const Json more = compare();
  EXPECT_EQ(more["differences"][0]["second"], "F16 [300000, 8]");
  EXPECT_FALSE(more["differences"][0].contains("chunk"));
  EXPECT_THAT(more["problems"].dump(), HasSubstr("config.json"));
  EXPECT_THAT(error_of([&] { compare_checkpoints("synthetic:tiny", one.folder.path(), progress); }),
              HasSubstr("synthetic:tiny"));
}

/// A folder that was trained on is told and sound; one that nobody wrote has a failing disk.
TEST(ContentTree, WhatChangedSinceTheLastCheckIsTold) {
  const TemporaryFolder cache;
  const ScopedEnvironment environment("XDG_CACHE_HOME", cache.path());
  SmallCheckpoint small;
  SilentProgress progress;
  const Json first = inspect_checkpoint(small.write(), true, progress);
  EXPECT_FALSE(first.contains("differences_from_last_check"));
  small.tensors.at(kHead).bytes[5] ^= 1;
  const Json second = inspect_checkpoint(small.write(), true, progress);
  EXPECT_EQ(second["differences_from_last_check"][0]["tensor"], kHead);
  EXPECT_TRUE(second["problems"].empty());
  EXPECT_FALSE(inspect_checkpoint(small.folder.path(), true, progress)
                   .contains("differences_from_last_check"));
  for (const auto& entry : std::filesystem::directory_iterator(cache / "flmeval/weights")) {
    Json json = read_json_file(entry.path().string());
    json["hash"] = std::string(64, 'a');
    for (Json& tensor : json["tensors"])
      if (tensor[0] == kHead) tensor[3][0] = std::string(64, 'b');
    std::ofstream(entry.path()) << json.dump();
  }
  for (int again = 0; again < 2; ++again) {  // the finding is not forgotten by telling it
    const Json rotten = inspect_checkpoint(small.folder.path(), true, progress);
    EXPECT_THAT(rotten["problems"].dump(),
                AllOf(HasSubstr("nobody wrote"), HasSubstr("lm_head.weight from chunk 0")));
  }
}

std::size_t threads_of_this_program() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

/// Counts threads while weights are looked through.
class ThreadCount : public SilentProgress {
 public:
  void update(const std::string& what, std::int64_t, std::int64_t) override {
    if (what.starts_with("checking weights")) most = std::max(most, threads_of_this_program());
  }
  std::size_t most = 0;
};

/// One that looks through, and one of the arena that packs meanwhile.
TEST(ContentTree, TheThreadsOfTheEngineBindTheCheck) {
  const TemporaryFolder cache;
  const ScopedEnvironment environment("XDG_CACHE_HOME", cache.path());
  const SmallCheckpoint large = wide();
  EngineOptions options;
  options.model = large.write();
  options.threads = 1;
  const std::size_t before = threads_of_this_program();
  ThreadCount progress;
  EXPECT_EQ(Engine::open(options, progress)->weights_hash(), expected_hash(large.tensors));
  EXPECT_GT(progress.most, before);
  EXPECT_LE(progress.most, before + 2);
}

TEST(JobQueue, RunsEveryJobOnItsThreadsAndThrowsTheFirstFailure) {
  std::atomic<int> done{0}, at_once{0}, most{0};
  {
    JobQueue queue(3);
    for (int i = 0; i < 200; ++i)
      queue.add([&] {
        const int now = ++at_once;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        ++done;
        --at_once;
      });
    queue.wait_below(10);
    queue.wait();
    EXPECT_EQ(done, 200);
    EXPECT_LE(most, 3);
  }
  JobQueue queue(2);
  queue.add([] { throw std::runtime_error("first"); });
  EXPECT_THROW(queue.wait(), std::runtime_error);
  queue.add([&] { ++done; });  // dropped
  EXPECT_THROW(queue.wait(), std::runtime_error);
  EXPECT_EQ(done, 200);
}

}  // namespace
}  // namespace flm
