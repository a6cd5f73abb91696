// What a run takes of memory and of the disk, with a checkpoint so large that fixed costs do not
// rule: in one process by replicas, ranks and stages, and in two processes of one host.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>
#include <numeric>
#include <random>
#include <thread>

#include "base/documents/json.h"
#include "tests/harness/program.h"

namespace flm::testing {
namespace {

constexpr int kHidden = 1024, kIntermediate = 2816, kLayers = 6, kVocab = 16000;

/// Bytes that a process has mapped of the program and its libraries, whatever the model.
constexpr double kProgram = 24.0 * 1024 * 1024;

std::vector<std::pair<std::string, std::vector<int>>> tensors() {
  std::vector<std::pair<std::string, std::vector<int>>> all = {
      {"model.embed_tokens.weight", {kVocab, kHidden}}};
  for (int layer = 0; layer < kLayers; ++layer) {
    const std::string prefix = "model.layers." + std::to_string(layer) + ".";
    for (const char* name : {"input_layernorm", "post_attention_layernorm"})
      all.push_back({prefix + name + ".weight", {kHidden}});
    for (const char* name : {"q", "k", "v", "o"})
      all.push_back({prefix + "self_attn." + name + "_proj.weight", {kHidden, kHidden}});
    for (const char* name : {"gate", "up"})
      all.push_back({prefix + "mlp." + name + "_proj.weight", {kIntermediate, kHidden}});
    all.push_back({prefix + "mlp.down_proj.weight", {kHidden, kIntermediate}});
  }
  all.push_back({"model.norm.weight", {kHidden}});
  all.push_back({"lm_head.weight", {kVocab, kHidden}});
  return all;
}

/// bf16 values of about 0.01, on the disk. Returns the bytes of all tensors.
std::int64_t write_checkpoint(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "config.json") << Json{
      {"model_type", "llama"},        {"hidden_size", kHidden},
      {"num_attention_heads", 16},    {"intermediate_size", kIntermediate},
      {"num_hidden_layers", kLayers}, {"vocab_size", kVocab},
      {"rms_norm_eps", 1e-5},         {"max_position_embeddings", 512},
      {"tie_word_embeddings", false}}.dump();
  Json header = Json::object();
  std::int64_t bytes = 0;
  for (const auto& [name, shape] : tensors()) {
    const std::int64_t size = std::accumulate(shape.begin(), shape.end(), std::int64_t{2},
                                              [](std::int64_t a, int b) { return a * b; });
    header[name] = {{"dtype", "BF16"}, {"shape", shape}, {"data_offsets", {bytes, bytes + size}}};
    bytes += size;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::mt19937 generator(5);
  std::vector<std::uint16_t> block(std::size_t{1} << 19);
  for (std::uint16_t& value : block)
    value = static_cast<std::uint16_t>(0x3C00 | (generator() & 0x807F));
  const std::uint64_t size = text.size();
  const std::filesystem::path file = folder / "model.safetensors";
  std::ofstream out(file, std::ios::binary);
  out.write(reinterpret_cast<const char*>(&size), sizeof size) << text;
  for (std::int64_t left = bytes; left > 0;) {
    const std::int64_t part = std::min(left, static_cast<std::int64_t>(block.size() * 2));
    out.write(reinterpret_cast<const char*>(block.data()), part);
    left -= part;
  }
  out.close();
  const int written = open(file.c_str(), O_RDWR);
  EXPECT_EQ(fsync(written), 0);
  close(written);
  return bytes;
}

/// The share of a file that is in memory after the system was asked to forget it.
double forget(const std::filesystem::path& file) {
  const int opened = open(file.c_str(), O_RDONLY);
  (void)posix_fadvise(opened, 0, 0, POSIX_FADV_DONTNEED);
  const auto size = static_cast<std::size_t>(std::filesystem::file_size(file));
  void* mapped = mmap(nullptr, size, PROT_READ, MAP_SHARED, opened, 0);
  close(opened);
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  std::vector<unsigned char> pages((size + page - 1) / page);
  if (mapped == MAP_FAILED || mincore(mapped, size, pages.data()) != 0) return 1;
  munmap(mapped, size);
  const auto there = std::count_if(pages.begin(), pages.end(), [](auto p) { return p & 1; });
  return static_cast<double>(there) / static_cast<double>(pages.size());
}

/// Bytes that children which ended have had from the disk.
double read_by_children() {
  rusage used{};
  getrusage(RUSAGE_CHILDREN, &used);
  return 512.0 * static_cast<double>(used.ru_inblock);
}

/// Bytes of all processes of the program that have `mark` in their environment.
struct Memory {
  double own = 0;  // RssAnon
  double all = 0;  // with the pages of mapped files, the program and its libraries among them
};
Memory memory_of(const std::string& mark) {
  Memory sum;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    if (std::filesystem::read_symlink(entry.path() / "exe", error) != FLM_PROGRAM) continue;
    if (slurp(entry.path() / "environ").find(mark) == std::string::npos) continue;
    std::ifstream status(entry.path() / "status");
    for (std::string word; status >> word;) {
      if (word != "RssAnon:" && word != "VmRSS:") continue;
      double kib = 0;
      status >> kib;
      (word == "VmRSS:" ? sum.all : sum.own) += kib * 1024;
    }
  }
  return sum;
}

class LargeCheckpoint : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    scratch_ = new Scratch;
    bytes_ = write_checkpoint(*scratch_ / "model");
    std::filesystem::create_directories(*scratch_ / "data/bpb/en");
    std::string text;
    for (int i = 0; i < 200; ++i) text += "word " + std::to_string(i * 37) + " ";
    std::ofstream(*scratch_ / "data/bpb/en/short.jsonl") << Json{{"text", text}}.dump() << "\n";
  }
  static void TearDownTestSuite() {
    delete scratch_;
    scratch_ = nullptr;
  }

  struct Taken {
    int exit_code = -1;
    Memory most;
    double from_disk = 0, in_memory_before = 0;  // bytes; share of the file
    Json cost;
    std::string words;
  };
  /// A run of `way`, behind `launcher`; nobody has looked through the weights.
  static Taken take(const std::string& name, const std::string& launcher, const std::string& way) {
    const Scratch& scratch = *scratch_;
    const std::string mark = "FLM_TEST_MARK=" + scratch.path().string() + name;
    const std::string command =
        "cd " + scratch.path().string() + " && " + mark + " XDG_CACHE_HOME=cache-" + name + " " +
        launcher + FLM_PROGRAM +
        " run --quiet --device cpu --threads 2 --model model --tokenizer " + nano() +
        " --tasks bpb_en_short --data data --bpb-context 256 --max-length 256 --store " + name +
        ".db --output out-" + name + " " + way + " >words-" + name + " 2>&1 </dev/null";
    Taken taken;
    taken.in_memory_before = forget(scratch / "model/model.safetensors");
    const double before = read_by_children();
    std::atomic<bool> over = false;
    std::thread watch([&] {
      while (!over) {
        const Memory now = memory_of(mark);
        taken.most = {std::max(taken.most.own, now.own), std::max(taken.most.all, now.all)};
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
    });
    const int status = std::system(command.c_str());
    over = true;
    watch.join();
    taken.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    taken.from_disk = read_by_children() - before;
    taken.words = slurp(scratch / ("words-" + name));
    if (taken.exit_code == 0)
      taken.cost = parse_json(slurp(scratch / ("out-" + name + "/results.json")), "results")
                       .at("flmeval")
                       .at("cost");
    return taken;
  }

  /// Each process takes each byte once; the host has them from the disk once, whoever asks; nobody
  /// has more for himself than the plan says.
  static void expect_once_and_within_the_plan(const std::string& name, const std::string& launcher,
                                              const std::string& way, int processes) {
    SCOPED_TRACE(name);
    const Taken taken = take(name, launcher, way);
    ASSERT_EQ(taken.exit_code, 0) << taken.words;
    EXPECT_EQ(taken.cost.at("weight_bytes"), bytes_);
    const auto read = taken.cost.at("weight_bytes_read").get<std::vector<double>>();
    ASSERT_EQ(read.size(), static_cast<std::size_t>(processes));
    // Who comes second to the findings of another process on its host need not look through the
    // embedding, of which a run wants few rows.
    const double embedding = 2.0 * kVocab * kHidden, all = static_cast<double>(bytes_);
    for (const double bytes : read) {
      EXPECT_LE(bytes, 1.001 * all);
      EXPECT_GE(bytes, all - (processes > 1 ? embedding : 0));
    }
    const double plan = taken.cost.at("bytes_peak").get<double>() * processes;
    EXPECT_LE(taken.most.own, 1.05 * plan);
    EXPECT_LE(taken.most.all, 1.05 * plan + kProgram * processes)
        << "pages of the checkpoint are let go";
    // One text is one batch: of several replicas one works, and the rows of the others are not
    // there.
    EXPECT_GE(taken.most.own, 0.6 * plan) << "a plan of anything holds anything";
    std::printf(
        "%-16s own %.0f MiB, resident %.0f of %.0f planned; taken %.3f times, from the disk %.3f "
        "times\n",
        name.c_str(), taken.most.own / 0x1p20, taken.most.all / 0x1p20, plan / 0x1p20,
        std::accumulate(read.begin(), read.end(), 0.0) / all, taken.from_disk / all);
    if (taken.in_memory_before > 0.01) {
      std::printf("this file system keeps files in memory: reads of the disk are not compared\n");
      return;
    }
    EXPECT_GE(taken.from_disk, 0.98 * all);
    EXPECT_LE(taken.from_disk, 1.05 * all) << "the program's own files come with it";
  }

  static inline Scratch* scratch_ = nullptr;
  static inline std::int64_t bytes_ = 0;
};

TEST_F(LargeCheckpoint, IsReadOnceAndWithinThePlanInOneProcess) {
  (void)take("warm", "", "");  // the program's own files are in memory from here on
  expect_once_and_within_the_plan("alone", "", "", 1);
  expect_once_and_within_the_plan("replicas", "", "--data-parallel 2", 1);
  expect_once_and_within_the_plan("ranks", "", "--tensor-parallel 2", 1);
  expect_once_and_within_the_plan("stages", "", "--pipeline-parallel 2", 1);
}

TEST_F(LargeCheckpoint, IsReadOnceAndWithinThePlanInTwoProcesses) {
  const std::filesystem::path folder = std::filesystem::path(FLM_PROGRAM).parent_path();
  bool one = false;
  for (const std::string mpi : {"openmpi", "mpich"}) {
    if (std::system(("command -v mpirun." + mpi + " >/dev/null").c_str()) != 0 ||
        !std::filesystem::exists(folder / ("flmeval-" + mpi + ".so")))
      continue;
    one = true;
    const bool open = mpi == "openmpi";
    const std::string launcher =
        std::string(open ? "OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 "
                           "OMPI_MCA_btl_vader_single_copy_mechanism=none "
                         : "") +
        "mpirun." + mpi + (open ? " --oversubscribe --bind-to none" : "") + " -n 2 ";
    (void)take("warm-" + mpi, launcher, "");
    expect_once_and_within_the_plan(mpi, launcher, "", 2);
  }
  if (!one) GTEST_SKIP() << "skipped: no mpirun and plug-in for it are here";
}

}  // namespace
}  // namespace flm::testing
