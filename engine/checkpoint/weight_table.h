// The one door for weights: every tensor of a model by name, shape and dtype.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "engine/checkpoint/config/model_config.h"
#include "engine/checkpoint/tensors/tensor.h"

namespace flm {

/// Which axis of a tensor is not the residual stream's: rows (q, k, v, gate, up, embedding, head),
/// columns (o and down, which add to the stream), or none.
enum class InnerAxis { kNone, kRows, kColumns };

struct WeightSpec {
  std::string name;                 // Hugging Face's: model.layers.0.self_attn.q_proj.weight
  std::vector<std::int64_t> shape;  // [out, in] or [n]
  InnerAxis inner = InnerAxis::kNone;
};

/// Every tensor that a model of this config has, in canonical order.
std::vector<WeightSpec> expected_weights(const ModelConfig& config);

/// bf16 weights out of a counter: with byte b = bits 8 (i % 8) .. of mixed(key + i / 8 * step),
/// read as -128 .. 127, element i is (2 b + 1) * 2^exponent.
struct CounterRule {
  std::uint64_t key = 0;
  int exponent = 0;
};

/// Weights are hashed by chunks of so many bytes of a tensor in row-major order; the last of a
/// tensor may be shorter.
constexpr std::int64_t kContentChunk = std::int64_t{4} << 20;

/// What a tensor holds.
struct TensorContent {
  std::string description;  // dtype and shape: "BF16 [12, 8]"
  std::int64_t bytes = 0;
  std::vector<std::string> chunks;  // SHA-256 of each
};

/// A source of tensors: the memory-mapped files of a folder, or synthetic.
/// Thread-safe after construction.
class WeightTable {
 public:
  /// Opens and checks: all missing, surplus and misshapen tensors in one UserError. `threads` look
  /// through the contents; 0: as many as the machine gives. `weights`: EngineOptions.
  static std::shared_ptr<WeightTable> open(const std::string& folder, const ModelConfig& config,
                                           int threads = 0, const std::string& weights = "auto");
  /// synthetic:PRESET[?seed=N]; sets `config` to the preset's. Unknown presets list the known ones.
  static std::shared_ptr<WeightTable> synthetic(const std::string& spec, ModelConfig* config);
  virtual ~WeightTable() = default;

  /// The whole tensor; `storage` keeps it alive. Throws InternalError for an unknown name.
  struct Loaded {
    TensorView view;
    std::shared_ptr<const void> storage;
    /// Where the view is a file's own bytes: whoever packs some of them says how many.
    std::shared_ptr<std::atomic<std::int64_t>> reads = nullptr;
    void took(std::int64_t elements) const {
      if (reads) *reads += elements * static_cast<std::int64_t>(bytes_of(view.dtype));
    }
  };
  virtual Loaded load(const std::string& name) const = 0;
  /// The rule of a tensor [out, in] that is computed and not stored, for whoever can compute it in
  /// place; null: load it.
  virtual std::optional<CounterRule> rule(const std::string&) const { return std::nullopt; }
  /// Shape and dtype of a tensor, without its bytes.
  virtual TensorView described(const std::string& name) const { return load(name).view; }
  virtual DType dtype() const = 0;         // the most frequent one
  virtual std::int64_t bytes() const = 0;  // of all tensors as stored
  virtual std::int64_t parameters() const = 0;
  /// Bytes that were taken from its files so far, again where they were taken again; 0 where
  /// weights are computed. Rows of an embedding that is read where it lies are not counted.
  virtual std::int64_t bytes_read() const { return 0; }

  /// `hash`: SHA-256 over "weights 2\n" and a line "NAME DTYPE [SHAPE] TENSOR\n" for each tensor,
  /// names ascending bytewise; TENSOR is the SHA-256 over the lines of its chunks' hashes.
  struct ContentCheck {
    std::string hash;
    std::vector<std::string> not_finite;  // "NAME: 3 NaN, 1 Inf"
    bool from_cache = false;
    std::int64_t read_apart = 0;                        // bytes that no load() had asked for
    std::map<std::string, TensorContent> tensors = {};  // empty where weights are computed
  };
  /// One pass over all bytes: hash and NaN/Inf check, in parallel over chunks. Cached in
  /// $XDG_CACHE_HOME/flmeval (default ~/.cache/flmeval) by file identity (path, size, times of
  /// change, inode).
  virtual ContentCheck check_contents(Progress& progress, bool use_cache) const = 0;
  /// From here to check_contents() a tensor that is loaded is also looked through, once and while
  /// it is used: files are read once, and check_contents() reads what nobody has loaded. `progress`
  /// lives until then. False where the findings are known without reading.
  virtual bool check_as_loaded(Progress&) const { return false; }
  /// A UserError that names the file where one is not any more what it was when it was opened: what
  /// was read since is nobody's.
  virtual void require_unchanged() const {}
};

}  // namespace flm
