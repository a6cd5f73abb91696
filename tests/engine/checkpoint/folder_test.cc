// Folders that are no checkpoint, and the Hugging Face cache.
#include <gmock/gmock.h>

#include "engine/engine.h"
#include "tests/engine/checkpoint/small_checkpoint.h"
#include "tests/error_of.h"

namespace flm {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string opening(const std::string& folder) {
  return error_of([&] { open_table(resolve_model(folder)); });
}

TEST(Folder, AFileIsNotAFolder) {
  const SmallCheckpoint small;
  small.write();
  EXPECT_THAT(opening(small.folder / "model.safetensors"), HasSubstr("a file, not a model folder"));
}

TEST(Folder, AnEmptyOneLacksConfig) {
  const TemporaryFolder folder;
  EXPECT_THAT(opening(folder.path()), HasSubstr("no config.json"));
  folder.write("config.json", small_config().dump());
  EXPECT_THAT(opening(folder.path()), HasSubstr("no weights"));
  folder.write("consolidated.00.pth", "x");
  EXPECT_THAT(opening(folder.path()), HasSubstr("consolidated.00.pth"));
}

/// Where nobody gave --model-config, a process of a job is told where the leader found it.
TEST(Folder, AConfigurationThatWasNotTypedIsNoFaultOfItsFlag) {
  const TemporaryFolder box;
  std::filesystem::create_directories(box / "run/iter_0000001");
  const std::string model = box / "run/iter_0000001";
  EXPECT_THAT(error_of([&] { resolve_config(model, model); }), StartsWith("no config.json in "));
  EXPECT_THAT(error_of([&] { resolve_config(model, box / "run"); }),
              StartsWith("no config.json in "));
  EXPECT_THAT(error_of([&] { resolve_config(box / "gone", box / "gone"); }),
              StartsWith("no such model folder: "));
  std::filesystem::create_directories(box / "typed");
  EXPECT_THAT(error_of([&] { resolve_config(model, box / "typed"); }),
              StartsWith("--model-config: no config.json in "));
}

/// What was given, and the remedy that is true of it.
TEST(Folder, WhatIsNoCheckpointSaysWhatToGive) {
  const TemporaryFolder box;
  std::filesystem::create_directories(box / "empty");
  box.write("gguf/model-q4.gguf", "GGUF");
  box.write("weights/model.safetensors", "x");
  box.write("tokenizer/tokenizer.json", "{}");
  box.write("notes/README.md", "x");
  box.write("whole/config.json", small_config().dump());
  box.write("whole/model.safetensors", "x");
  box.write("converted/config.json", small_config().dump());
  box.write("converted/model-q4.gguf", "GGUF");
  box.write("bare/config.json", small_config().dump());
  box.write("lora/adapter_config.json", "{}");
  const std::string gguf = "GGUF is not read; give the folder in Hugging Face layout";
  const std::pair<const char*, std::string> cases[] = {
      {"empty", "; it is empty: give the folder where the model was saved"},
      {"gguf", "; it holds model-q4.gguf: " + gguf},
      {"gguf/model-q4.gguf", "model-q4.gguf; " + gguf},
      {"weights", "(model.safetensors): put the model's config.json beside them"},
      {"weights/model.safetensors", "; give the folder that holds it and config.json"},
      {"tokenizer", "; it holds a tokenizer alone: give it as --tokenizer"},
      {"notes", "; give the folder that holds config.json and the weights"},
      {"whole/model.safetensors", "; give its folder: " + (box / "whole")},
      {"converted", "; found model-q4.gguf: " + gguf},
      {"bare", "; put the weights there, or give the folder that has them"},
      {"lora", "merge the adapter into the model and give the merged folder"},
      {"wole", "; did you mean " + (box / "whole") + "?"},
      {"nothing-like-it/x/y", "; give one that is there, or ORG/NAME of the Hugging Face cache"}};
  for (const auto& [name, remedy] : cases)
    EXPECT_THAT(opening(box / name), HasSubstr(remedy)) << name;
}

/// `cd FOLDER; flmeval run --model .`: the folder is the same by any of its names.
TEST(Folder, TheFolderThatOneStandsInIsLookedAtToo) {
  const TemporaryFolder box;
  box.write("weights/model.safetensors", "x");
  box.write("weights/below/notes", "x");
  box.write("lora/adapter_config.json", "{}");
  const std::filesystem::path before = std::filesystem::current_path();
  for (const char* name : {".", "./", "below/..", "../weights"}) {
    std::filesystem::current_path(box / "weights");
    EXPECT_THAT(opening(name), HasSubstr("it holds weights (model.safetensors)")) << name;
  }
  std::filesystem::current_path(box / "weights/below");
  EXPECT_THAT(opening(".."), HasSubstr("it holds weights (model.safetensors)"));
  std::filesystem::current_path(box / "lora");
  EXPECT_THAT(opening("."), HasSubstr(std::filesystem::path(box / "lora").string()));
  std::filesystem::current_path(before);
}

TEST(Folder, GitLfsPointers) {
  const std::string pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n";
  for (const char* name :
       {"model.safetensors", "pytorch_model.bin", "config.json", "model.safetensors.index.json"}) {
    const TemporaryFolder folder;
    folder.write("config.json", small_config().dump());
    folder.write(name, pointer);
    EXPECT_THAT(opening(folder.path()),
                AllOf(HasSubstr("Git LFS pointer"), HasSubstr(name), HasSubstr("git lfs pull")));
  }
}

TEST(Folder, HalfADownload) {
  const SmallCheckpoint small;
  small.write();
  const std::string bytes = read_file(small.folder / "model.safetensors");
  small.folder.write("model.safetensors", bytes.substr(0, bytes.size() - 10));
  EXPECT_THAT(opening(small.folder.path()), HasSubstr("shorter than its header says"));
  std::filesystem::remove(small.folder / "model.safetensors");
  small.folder.write(".cache/huggingface/download/abc.incomplete", "x");
  EXPECT_THAT(opening(small.folder.path()),
              AllOf(HasSubstr("unfinished"), HasSubstr("abc.incomplete")));
  small.folder.write("model.safetensors.index.json",
                     R"({"weight_map": {"lm_head.weight": "model-1.safetensors"}})");
  EXPECT_THAT(opening(small.folder.path()),
              AllOf(HasSubstr("model-1.safetensors"), HasSubstr("abc.incomplete")));
}

TEST(Folder, Adapters) {
  const TemporaryFolder folder;
  folder.write("adapter_config.json", "{}");
  folder.write("adapter_model.safetensors", "");
  EXPECT_THAT(opening(folder.path()), HasSubstr("adapter"));
  folder.write("config.json", small_config().dump());
  EXPECT_THAT(opening(folder.path()), HasSubstr("adapter"));
  const SmallCheckpoint whole;  // transformers with peft would apply it
  whole.folder.write("adapter_config.json", "{}");
  EXPECT_THAT(opening(whole.write()), AllOf(HasSubstr("would not be applied"), HasSubstr("merge")));
}

TEST(Folder, MegatronCheckpointsThatAreNotWhole) {
  const std::map<std::string, std::string> cases = {
      {"latest_checkpointed_iteration.txt", "no checkpoint in"},
      {"iter_0000100/x", "iter_0000100 is incomplete: it has no rank's folder"},
      {"mp_rank_00/distrib_optim.pt", "incomplete: mp_rank_00 holds no model_optim_rng.pt"},
      {"mp_rank_00/model_optim_rng.pt", "refused"}};
  for (const auto& [name, error] : cases) {
    const TemporaryFolder folder;
    folder.write(name, "x");
    EXPECT_THAT(opening(folder.path()), HasSubstr(error));
  }
}

TEST(Folder, AParentListsItsCheckpoints) {
  const TemporaryFolder folder;
  for (int step = 10; step < 25; ++step)
    folder.write("step_" + std::to_string(step) + "/config.json", "{}");
  EXPECT_THAT(opening(folder.path()),
              AllOf(HasSubstr("15 of its folders"), HasSubstr("step_10"), HasSubstr("step_19"),
                    HasSubstr("and 5 more"), Not(HasSubstr("step_20"))));
}

TEST(Folder, ShardNamesStayInTheFolder) {
  for (const std::string shard :
       {"../x.safetensors", "/etc/passwd", "a/../../b", "a//b", "a/", "a/..", "..", "", "a\\\\b"}) {
    const TemporaryFolder folder;
    folder.write("config.json", small_config().dump());
    folder.write("model.safetensors.index.json", "{\"weight_map\": {\"a\": \"" + shard + "\"}}");
    EXPECT_THAT(opening(folder.path()), HasSubstr("in the folder or one below it")) << shard;
  }
}

/// As transformers takes them: what else an index says is a remark.
TEST(Folder, ShardsMayLieBelowItAndAnIndexMayHaveRemarks) {
  SmallCheckpoint small;
  SilentProgress progress;
  const std::string hash = open_table(small.write())->check_contents(progress, false).hash;
  std::filesystem::create_directory(small.folder / "part");
  std::filesystem::rename(small.folder / "model.safetensors", small.folder / "part/a.safetensors");
  Json index = {{"metadata", {{"total_size", 1}}}, {"comment", "merged"}};
  for (const auto& [name, tensor] : small.tensors) index["weight_map"][name] = "part/a.safetensors";
  small.folder.write("model.safetensors.index.json", index.dump());
  EXPECT_EQ(open_table(small.folder.path())->check_contents(progress, false).hash, hash);
}

TEST(Folder, AFolderIsNoWeightFile) {
  const TemporaryFolder folder;
  folder.write("config.json", small_config().dump());
  std::filesystem::create_directory(folder / "model.safetensors");
  EXPECT_THAT(opening(folder.path()), HasSubstr("not a regular file"));
}

class HubCache : public testing::Test {
 protected:
  HubCache() : environment("HF_HUB_CACHE", cache.path()) {
    cache.write("models--Org--Name/refs/main", "abc123");
    cache.write("models--Org--Name/refs/step-100", "def456\n");
    cache.write("models--Org--Name/snapshots/abc123/config.json", "{}");
    cache.write("models--Org--Name/snapshots/def456/config.json", "{}");
  }
  TemporaryFolder cache;
  ScopedEnvironment environment;
};

TEST_F(HubCache, ResolvesBranchesAndCommits) {
  const std::string entry = cache / "models--Org--Name";
  EXPECT_EQ(resolve_model("Org/Name"), entry + "/snapshots/abc123");
  EXPECT_EQ(resolve_model("Org/Name@main"), entry + "/snapshots/abc123");
  EXPECT_EQ(resolve_model("Org/Name@step-100"), entry + "/snapshots/def456");
  EXPECT_EQ(resolve_model("Org/Name@def456"), entry + "/snapshots/def456");
  EXPECT_EQ(resolve_model("synthetic:tiny"), "synthetic:tiny");
  EXPECT_EQ(resolve_model(entry + "/snapshots/def456"), entry + "/snapshots/def456");
}

/// A snapshot may hold a tokenizer without a model.
TEST_F(HubCache, HasTokenizersToo) {
  cache.write("models--Org--Words/refs/main", "1");
  cache.write("models--Org--Words/snapshots/1/tokenizer.json", "{}");
  EXPECT_EQ(resolve_tokenizer("Org/Words"), cache / "models--Org--Words/snapshots/1");
  EXPECT_EQ(resolve_tokenizer(cache.path()), cache.path());
  EXPECT_THAT(error_of([] { resolve_tokenizer("Org/Other"); }),
              AllOf(testing::StartsWith("--tokenizer: "), HasSubstr("hf download Org/Other")));
  EXPECT_THAT(error_of([] { resolve_model("Org/Words"); }), HasSubstr("config.json"));
}

TEST_F(HubCache, AMissingModelPrintsTheDownload) {
  EXPECT_THAT(error_of([] { resolve_model("Org/Other"); }), HasSubstr("hf download Org/Other"));
  EXPECT_THAT(error_of([] { resolve_model("Org/Name@v9"); }),
              HasSubstr("hf download Org/Name --revision v9"));
  EXPECT_THAT(error_of([] { resolve_model("./nowhere"); }), HasSubstr("no such model folder"));
  EXPECT_THAT(error_of([] { resolve_model("/no/where"); }), HasSubstr("no such model folder"));
  EXPECT_THAT(error_of([] { resolve_model("https://huggingface.co/gpt2"); }),
              HasSubstr("give a folder, or a name that hf download has fetched"));
  EXPECT_NE(error_of([] { resolve_model("Org/Name@../../x"); }), "");
}

TEST_F(HubCache, AnEntryNamesItsSnapshots) {
  EXPECT_THAT(error_of([&] { resolve_model(cache / "models--Org--Name"); }),
              AllOf(HasSubstr("Hugging Face cache"), HasSubstr("snapshots/abc123"),
                    HasSubstr("snapshots/def456")));
}

TEST_F(HubCache, HfHomeIsTheSecondChoice) {
  const TemporaryFolder home;
  home.write("hub/models--A--B/refs/main", "1");
  home.write("hub/models--A--B/snapshots/1/config.json", "{}");
  const ScopedEnvironment no_cache("HF_HUB_CACHE", ""), hf_home("HF_HOME", home.path());
  EXPECT_EQ(resolve_model("A/B"), home / "hub/models--A--B/snapshots/1");
}

/// As in Docker's ENV or a .env file, where no shell has followed them.
TEST(HubFolder, FollowsTheHomeAndVariablesInHfHome) {
  const TemporaryFolder home;
  home.write("hf/hub/models--A--B/refs/main", "1\r\n");
  home.write("hf/hub/models--A--B/snapshots/1/config.json", "{}");
  const ScopedEnvironment no_cache("HF_HUB_CACHE", ""), no_older("HUGGINGFACE_HUB_CACHE", "");
  const ScopedEnvironment own("HOME", home.path());
  for (const char* written : {"~/hf", "$HOME/hf"}) {
    const ScopedEnvironment hf_home("HF_HOME", written);
    EXPECT_EQ(resolve_model("A/B"), home / "hf/hub/models--A--B/snapshots/1") << written;
  }
}

}  // namespace
}  // namespace flm
