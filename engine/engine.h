// The whole contract of the engine: token ids in, log-probabilities or tokens out. Beside it
// harness/ includes tokenizer.h and the small doors of engine/: nodes.h, scaling.h and their like.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/documents/json.h"
#include "base/progress.h"
#include "engine/backend/operation_times.h"
#include "engine/backend/sampling.h"

namespace flm {

class Nodes;
class Tokenizer;

enum class Precision { kAuto, kFp32, kBf16 };

struct EngineOptions {
  std::string model;              // a checkpoint's folder, or synthetic:PRESET[?seed=N]
  std::string model_config = "";  // folder of config.json for a trainer's checkpoint; "": beside it
  std::string weights = "auto";   // auto, 16bit, fp32: which, where a checkpoint has both
  std::string device = "auto";    // auto, cpu, cuda, cuda:0,1
  Precision precision = Precision::kAuto;  // auto: fp32 on the CPU
  int threads = 0;                         // 0: what the cgroup allows
  double memory_gib = 0;       // most device (or host) memory to plan with; 0: free, less a margin
  double host_memory_gib = 0;  // that the host can give; 0: what the system says is free
  int tensor_parallel = 1;     // ranks of a replica
  int data_parallel = 0;       // replicas; 0: as many as the devices have room for, 1 on the CPU
  int pipeline_parallel = 0;   // stages of a replica's layers; 0: 1, or as choose_stages says
  std::string placement = "auto";  // of weights: auto, resident, spread, streamed
  int max_length = 0;              // context limit; 0: the model's
  bool time_operations = false;    // Engine::operation_times(); the results are the same
  double stop_seconds = 30;        // that a batch in flight may take to its end after a stop
  std::string tokenizer = "";      // its folder: what other processes of the job generate with
  std::shared_ptr<Nodes> nodes = nullptr;  // the job's processes; null: this one alone
};

struct EngineInfo {
  std::string model_type;         // as config.json has it: docs/families.md
  std::int64_t parameters = 0;    // logical, a tied head counts once
  std::string weight_dtype;       // dtype on disk: F32, F16, BF16
  std::int64_t weight_bytes = 0;  // as they are stored
  int layers = 0, hidden = 0;
  int vocab_rows = 0;           // softmax runs over all of them
  int max_length = 0;           // most model inputs of one request
  std::string device;           // what is used: "cpu", "cuda:0", "cuda:0,1"
  std::string isa;              // of the CPU: avx512, avx2 or portable; never part of a hash
  bool bf16_is_slower = false;  // than fp32, where bf16 was asked for, by a short measurement
  int threads = 1, tensor_parallel = 1, data_parallel = 1, pipeline_parallel = 1;
  int devices = 1;    // that its ranks are spread over; 1 on the CPU
  int processes = 1;  // of the job
  int models = 1;     // batches under way at once, in all processes
  int keepers = 1;    // replicas that one copy of the weights can be spread over, in each process
  std::string
      gathers;  // what moves the bytes between the ranks of a replica, and why; empty: one rank
  std::int64_t host_total = 0, host_available = 0;  // bytes of memory as the system shows it
  std::int64_t host_memory = 0;                     // that the engine takes the host to have free
  std::string config_hash;    // SHA-256 of the configuration: with the weights, what the model is
  std::string numerics;       // name of the numerics: contract version, operands, backend
  std::string numerics_hash;  // SHA-256 of it

  /// The isa, and a word of advice where the precision that was asked for is the slower one.
  std::string isa_with_advice() const;
};

/// Scores tokens[first_scored .. n-1], each given all tokens before it. The last token is only a
/// target.
struct ScoreRequest {
  std::vector<std::int32_t> tokens;  // [n], n >= 1, all < vocab_rows
  std::int32_t first_scored = 1;     // 1 <= first_scored <= n (== n: nothing to score)
  std::int32_t top_k = 0;            // also return the k most likely ids of each scored position
};

struct ScoreResult {
  std::string error;                 // why the request has no figures, which are empty then
  std::vector<float> logprobs;       // [n - first_scored], natural log, softmax over all rows
  std::vector<std::int32_t> argmax;  // [n - first_scored], lowest id on ties
  std::vector<std::vector<std::pair<std::int32_t, float>>>
      top;                                                   // [n - first_scored][k], best first
  double sum() const;                                        // in double, ascending position
  bool greedy(std::span<const std::int32_t> targets) const;  // every target equals its argmax
};

struct GenerateResult {
  std::string error;                 // why there is no answer; the rest is what came before it
  std::vector<std::int32_t> tokens;  // what was generated, the stop string's tokens included
  std::vector<float> logprobs;       // raw: before penalty and temperature
  std::string text;                  // decoded, cut at the stop strings
  std::string finish_reason;         // stop, length
};

struct GenerateRequest {
  std::vector<std::int32_t> prompt;  // [n], n >= 1
  int max_new_tokens = 256;
  // Exact, across token borders. The text is cut at each in turn: where two overlap, at the first
  // of the list.
  std::vector<std::string> stop;
  std::vector<std::int32_t> stop_ids;  // end the text (eos among them unless ignored)
  Sampling sampling;
  /// The answer to the same request with another max_new_tokens, cut by it: generation goes on
  /// behind its tokens, and the result is that of a fresh request, to the bit. What is more than
  /// max_new_tokens is cut off again. An answer that ended of itself is a UserError.
  GenerateResult begun = {};
};

/// What a set of requests costs. rows_computed is exact for scoring and for prompts; what is
/// generated counts as far as it may go, so that the whole is what is computed at most.
struct EnginePlan {
  std::int64_t requests = 0, tokens_submitted = 0;
  std::int64_t rows_unique = 0;    // distinct prefixes of tokens[0..n-2]; generation: of prompts
  std::int64_t rows_computed = 0;  // what the batches run, shared paths of a cut recomputed
  std::int64_t batches = 0;
  double flops = 0;
  std::int64_t bytes_peak = 0;  // weights, activations, K/V of one layer, head chunk
  double seconds_expected = 0;
  std::string speed;      // what the seconds rest on, for people
  std::string placement;  // of the weights, and why, for people
};

/// Figures of the work really done since the engine was opened.
struct EngineCounters {
  std::int64_t rows_computed = 0, batches = 0, generated_tokens = 0;
  double seconds = 0;
  /// Of the checkpoint's files, by process of the job; of the others empty once one is lost.
  std::vector<std::int64_t> weight_bytes_read = {};
};

/// One finished request: its index in the caller's list and the result.
using ScoreSink = std::function<void(std::size_t index, ScoreResult&& result)>;
using GenerateSink = std::function<void(std::size_t index, GenerateResult&& result)>;
/// Called after each batch (score) or step (generate), also where no result came in since the last
/// time: commit what came in, when it is time.
using BatchSink = std::function<void()>;

/// Scores and generates. Owns the model. One caller at a time; inside it uses its own threads.
/// Opening reads config and headers and checks every tensor by name, shape and dtype; weights are
/// read on first use. All faults of the checkpoint are UserErrors; so is a file of it that changed
/// since, which is told before a result that it may have touched goes to a sink.
class Engine {
 public:
  static std::unique_ptr<Engine> open(const EngineOptions& options, Progress& progress);
  virtual ~Engine() = default;

  virtual const EngineInfo& info() const = 0;
  /// SHA-256 over names, dtypes, shapes and contents, independent of the file layout
  /// (docs/architecture.md, Hashes).
  virtual std::string weights_hash() = 0;

  virtual EnginePlan plan(std::span<const ScoreRequest> requests) const = 0;
  virtual EnginePlan plan(std::span<const GenerateRequest> requests) const = 0;

  /// Runs all requests as one trie. Results come in any order. `stop` is looked at between
  /// batches, and between layers where more of a batch is left than stop_seconds: when it turns
  /// true the call returns false with the finished results delivered.
  virtual bool score(std::span<const ScoreRequest> requests, const ScoreSink& sink,
                     const BatchSink& commit, const std::atomic<bool>& stop) = 0;
  /// `tokenizer` gives text and vocabulary size: no id >= tokenizer.vocab_size() is ever produced.
  virtual bool generate(std::span<const GenerateRequest> requests, const Tokenizer& tokenizer,
                        const GenerateSink& sink, const BatchSink& commit,
                        const std::atomic<bool>& stop) = 0;

  virtual EngineCounters counters() const = 0;
  virtual OperationTimes operation_times() const = 0;
};

/// `flmeval model show|verify`: config, tensors, parameter counts and hashes as JSON. verify also
/// reads every weight, counts NaN and Inf, and finds an lm_head equal to the embedding in an untied
/// model: its findings stand in "problems" (empty = sound). A folder that cannot be a checkpoint is
/// a UserError.
/// A trainer's checkpoint or root that is not whole has its state and reason and no more.
Json inspect_checkpoint(const std::string& model, bool verify, Progress& progress,
                        const std::string& model_config = "", const std::string& weights = "auto");
/// verify, and the same of another folder (`weights` is of the first): "against" has its hashes and
/// "differences" every tensor that is not the same in both, with its first chunk that differs.
Json compare_checkpoints(const std::string& folder, const std::string& against, Progress& progress,
                         const std::string& model_config = "", const std::string& weights = "auto");

/// `flmeval doctor --tune`: measures the GPU library's algorithms for the products of `model` and
/// writes the table that later runs on this device take; a tuned table is part of the numerics.
/// Returns lines to print. UserErrors as of Engine::open.
std::string tune_products(const std::string& model, const std::string& device, Precision precision);

/// A UserError for a --device that is of none of the forms auto, cpu, cuda, cuda:N, cuda:N,N,...;
/// whether there is such a GPU is not looked at.
void check_device_form(const std::string& device);
/// The context limit: the --max-length that was typed, of 0 the longest request that the model
/// takes. A UserError for more than that.
int context_limit(int typed, int longest);

/// Resolves --model to a folder: itself, ORG/NAME[@REVISION] in the Hugging Face cache
/// (HF_HUB_CACHE, HF_HOME), or the newest checkpoint of a trainer's root. UserErrors name the
/// remedy (the download command; a series folder lists its checkpoints; what is not whole says
/// why). `model_config` and `weights` as in EngineOptions.
std::string resolve_model(const std::string& model, const std::string& model_config = "",
                          const std::string& weights = "auto");

/// The folder of config.json and tokenizer of a resolved model: `model_config` where it is given,
/// else the model's own, else beside a trainer's checkpoint.
std::string resolve_config(const std::string& model, const std::string& model_config);

/// Resolves --tokenizer to a folder: itself, or ORG/NAME[@REVISION] in the Hugging Face cache.
std::string resolve_tokenizer(const std::string& tokenizer);

/// The first step of resolve_model: a path that is there, or the cache.
std::string locate_model(const std::string& model);

}  // namespace flm
