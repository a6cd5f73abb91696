// Coarse operations that the layer loop is written in. Buffers are row-major fp32 and
// lie where the backend computes; ids, statistics and picked values are the host's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/backend/batch.h"
#include "engine/backend/operation_clock.h"
#include "engine/backend/product.h"
#include "engine/backend/sampling.h"
#include "engine/checkpoint/config/model_config.h"
#include "engine/checkpoint/weight_table.h"
#include "engine/parallel/column_parts.h"
#include "engine/parallel/communicator.h"

namespace flm {

/// Rows [row_begin, row_end) and columns [column_begin, column_end) of a stored matrix [out, in].
struct MatrixSlice {
  WeightTable::Loaded source;
  std::int64_t row_begin = 0, row_end = 0;
  std::int64_t column_begin = 0, column_end = 0;
  std::string name = {};                           // the tensor's, "" = unknown
  std::optional<CounterRule> rule = std::nullopt;  // instead of the source's bytes
};

/// A weight matrix [rows, columns] in the backend's own layout; opaque.
class PackedWeight {
 public:
  virtual ~PackedWeight() = default;
  virtual std::int64_t rows() const = 0;     // outputs
  virtual std::int64_t columns() const = 0;  // inputs
  virtual std::int64_t bytes() const = 0;    // that a product reads
};

class Backend;

struct ReleaseMemory {
  const Backend* backend = nullptr;
  std::int64_t bytes = 0;
  void operator()(float* memory) const;
};
/// Memory of a backend, uninitialised, given back when it goes. The backend outlives it.
using Buffer = std::unique_ptr<float[], ReleaseMemory>;

/// A small fp32 vector (a norm's weight, a bias) in the backend's memory. Uploads keep their order,
/// so a product whose matrix was packed later than the vector finds both there; a vector that was
/// packed later than the matrix may still be on its way.
struct PackedVector {
  std::shared_ptr<const float[]> memory;
  std::int64_t size = 0;
  operator std::span<const float>() const { return {memory.get(), static_cast<std::size_t>(size)}; }
};

/// cos and sin of position * frequency, fp32, [positions, half]; rounded once from double. Element
/// i of a head is turned with element half + i; those behind 2 * half pass. Half 0: nothing is
/// turned.
struct RopeTable {
  std::int64_t positions = 0, half = 0;
  std::vector<float> cosines, sines;
  std::shared_ptr<const void> placed = nullptr;  // the backend's own copy, where it needs one
  std::int64_t head = 0;                         // elements of a head; 0: 2 * half
  std::int64_t head_width() const { return head > 0 ? head : 2 * half; }
};

/// A factor for each position, as far as they reach.
struct PositionFactors {
  std::vector<float> values;
  std::shared_ptr<const void> placed = nullptr;  // the backend's own copy, where it needs one
};

/// Attention of all rows of a batch over their paths. Query heads lie at queries + row *
/// query_stride and are overwritten by the result, unless that goes to `operand`; the keys and
/// values of slot s at keys / values + s * kv_stride.
struct AttentionArgs {
  float* queries = nullptr;
  std::int64_t query_stride = 0;
  const float* keys = nullptr;
  const float* values = nullptr;
  std::int64_t kv_stride = 0;
  int heads = 0, kv_heads = 0, head_dim = 0;
  float scale = 1;
  bool stored = false;  // keys and values were put there by store_kv, in the backend's own order
  const RopeTable* rotation = nullptr;  // null: the queries are turned already
  void* operand = nullptr;  // [rows, heads * head_dim], dense, of operand_element_bytes(), or null
  int window = 0;           // LayerRule::window
  float score_cap = 0;      // Block::score_cap

  /// The heads' results, which a product takes.
  ProductInput result() const {
    if (operand) return Attended{operand};
    return Rows{queries, query_stride};
  }
  /// Keys and values were put into these slots by the backend.
  void take_slots(const float* key_slots, const float* value_slots) {
    keys = key_slots;
    values = value_slots;
    kv_stride = std::int64_t{kv_heads} * head_dim;
    stored = true;
  }
};

/// max, sum of exp(x - max) and the lowest index of the maximum, of one row of logits.
struct SoftmaxStats {
  float max = 0, sum = 0;
  std::int32_t argmax = 0;
};

/// An element of a [rows, width] matrix of logits, and one of the largest of a row.
struct LogitAt {
  std::int64_t row = 0, column = 0;
};
using RankedLogit = std::pair<std::int32_t, float>;  // index, value
/// The larger value; of equal ones the lowest id.
inline bool ranks_before(const RankedLogit& a, const RankedLogit& b) {
  return a.second != b.second ? a.second > b.second : a.first < b.first;
}

/// One rank's device. One caller at a time; inside it uses its own threads. Results of a row never
/// depend on the other rows of a call.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string isa() const = 0;
  /// A UserError where it cannot compute a model of this shape.
  virtual void check_shape(const ModelConfig&) const {}

  /// Whether its buffers can be read and written by the host as they are.
  virtual bool in_host_memory() const { return false; }
  /// Room for `bytes`; throws where there is none.
  Buffer allocate(std::int64_t bytes) const { return {acquire(bytes), {this, bytes}}; }
  virtual float* acquire(std::int64_t bytes) const;
  virtual void release(float* memory, std::int64_t bytes) const noexcept;
  virtual void upload(const float* host, std::int64_t count, float* memory) const;
  virtual void download(const float* memory, std::int64_t count, float* host) const;

  /// The batch that the next operations work on; it stays as it is until the next begin().
  virtual void begin(const PackedBatch&) const {}

  /// Waits until at most what was asked for since the last call is still to be done: a device does
  /// not fall behind the host by more than that.
  virtual void keep_pace() const {}

  /// Does what `body` does: by running it, or by replaying what was recorded when it ran before.
  /// Its operations must be the same in every call with these operands and a batch of as many rows;
  /// only what the batch says may differ.
  virtual void replay(std::span<const std::int64_t> operands,
                      const std::function<void()>& body) const;

  /// Whether pack() makes weights from a rule; else slices have bytes.
  virtual bool makes_weights() const { return false; }
  virtual PackedVector pack_vector(std::span<const float> host) const;
  /// Stacks the slices (same width) by rows.
  virtual std::unique_ptr<PackedWeight> pack(std::span<const MatrixSlice> slices) const = 0;
  /// The same bytes in this backend's memory, of a weight that another backend of its kind packed:
  /// asked for now, there before a product takes them. The other one's memory stays as it is.
  virtual std::unique_ptr<PackedWeight> copy(const PackedWeight& from) const;
  /// No copy: that memory itself, which this backend reads as it does its own.
  virtual std::unique_ptr<PackedWeight> borrow(const PackedWeight& from) const;
  /// A table [vocabulary, width] as embed() reads it: packed, or where it lies.
  virtual std::unique_ptr<PackedWeight> pack_table(const MatrixSlice& table) const {
    return pack({&table, 1});
  }

  /// out[r] = table[ids[r]] * scale, [ids, width of the table].
  virtual void embed(const PackedWeight& table, std::span<const std::int32_t> ids, float scale,
                     float* out) const = 0;
  virtual void rms_norm(const float* x, std::int64_t rows, std::span<const float> weight, float eps,
                        float* out) const = 0;
  /// `parts` parts of each row are normed in place, each for itself. The weight is
  /// that of one part or of all of them, one behind the other; `stride` floats from row to row.
  virtual void norm_parts(float* x, std::int64_t stride, std::int64_t rows, int parts,
                          std::int64_t width, const NormRule& norm) const = 0;
  /// The same norm of dense rows [rows, width], each as a whole, of which `columns` alone go to
  /// `out`, `out_stride` floats from row to row: a rank's part, with the bits that the whole has.
  virtual void norm_columns(const float* x, std::int64_t width, std::int64_t rows, Range columns,
                            const NormRule& norm, float* out, std::int64_t out_stride) const = 0;
  virtual PositionFactors place_factors(std::vector<float> values) const {
    return {std::move(values)};
  }
  /// Row r's `width` elements times the factor of its position, in place.
  virtual void scale_rows(float* x, std::int64_t stride, std::int64_t width,
                          std::span<const std::int32_t> positions,
                          const PositionFactors& factors) const = 0;
  /// c = a · weight^T + bias of `rows` rows, as `a` and `c` say; `bias` may be empty.
  virtual void matmul(const ProductInput& a, std::int64_t rows, const PackedWeight& weight,
                      std::span<const float> bias, const ProductOutput& c) const = 0;
  /// Rotates `heads` heads of each row, in place.
  virtual void rope(float* x, std::int64_t stride, int heads,
                    std::span<const std::int32_t> positions, const RopeTable& table) const = 0;
  /// Whether attention wants K/V in slots of their own (store_kv) even where they are not kept.
  virtual bool wants_kv_slots() const { return false; }
  virtual std::int64_t kv_element_bytes() const { return sizeof(float); }
  /// Row r's keys and values, [width] each, `stride` floats from row to row, go to slot
  /// batch.slots[r].
  virtual void store_kv(const PackedBatch& batch, const float* keys, const float* values,
                        std::int64_t stride, std::int64_t width, float* key_slots,
                        float* value_slots) const;
  /// Between the product of q, k and v and attention: `args` has them beside each other in rows of
  /// query_stride floats, q first, k behind it. Turns q and k by the rows' positions; keys and
  /// values go to slots where there are some. Leaves `args` as attention takes them: a backend may
  /// leave q to that.
  virtual void rope_store_kv(const PackedBatch& batch, const RopeTable& table, float* key_slots,
                             float* value_slots, AttentionArgs& args) const;
  /// Of `width` elements a slot, one after the other: a copy may take what the one before it left.
  virtual void copy_kv(std::span<const KvCopy> copies, std::int64_t width, float* key_slots,
                       float* value_slots) const;
  /// Bytes of an element of the product's operand that attention can make of its result; 0: none.
  virtual std::int64_t operand_element_bytes() const { return 0; }
  virtual void attention(const PackedBatch& batch, const AttentionArgs& args) const = 0;
  /// What Gated puts into a product, [rows, width], in elements of operand_element_bytes(), fp32
  /// where there are none of its own: made apart, because other ranks need it too.
  virtual void make_gated(const Gated& gated, std::int64_t rows, std::int64_t width,
                          void* out) const = 0;
  /// x = x + scale * delta.
  virtual void add_residual(float* x, const float* delta, float scale,
                            std::int64_t count) const = 0;
  /// The ranks' columns of a matrix become whole on each of them; all in the backends' memory.
  virtual void gather_columns(Communicator& communicator, const ColumnParts& columns) const;
  /// Whether replay() may hold them: the same on all ranks, and known once there was one.
  virtual bool records_gathers() const { return false; }
  /// out[i] = x[rows[i]], [rows, width].
  virtual void gather_rows(const float* x, std::int64_t width, std::span<const std::int32_t> rows,
                           float* out) const;
  virtual void softmax_stats(const float* logits, std::int64_t rows, std::int64_t width,
                             SoftmaxStats* stats) const = 0;
  /// The two halves of softmax_stats, for rows whose parts lie with several ranks: the largest of a
  /// row's part with its lowest index, ...
  virtual void largest_logits(const float* logits, std::int64_t rows, std::int64_t width,
                              RankedLogit* largest) const = 0;
  /// ... and with the largest of the whole row the sum of exp(x - largest[r]) of each block of
  /// kLogitBlock, [rows, blocks]; added in order, in double, they are SoftmaxStats::sum.
  virtual void exp_sums(const float* logits, std::int64_t rows, std::int64_t width,
                        const float* largest, float* sums) const = 0;
  /// values[i] = logits[at[i]].
  virtual void pick(const float* logits, std::int64_t width, std::span<const LogitAt> at,
                    float* values) const;
  /// The counts[r] largest of each row, best first, lowest index on ties, one row after the other;
  /// filled up with {-1, -inf}.
  virtual std::vector<RankedLogit> largest(const float* logits, std::int64_t width,
                                           std::span<const std::int32_t> counts) const;
  /// Bytes of the logits that the head makes at a time, and rows that go through gate, up and down
  /// at a time.
  virtual std::int64_t head_chunk_bytes() const = 0;
  virtual std::int64_t mlp_tile_rows() const = 0;
  /// Whether sample() is there; else the logits go to the host.
  virtual bool samples() const { return false; }
  /// tokens[i] gets the id that the host would draw from row i of the logits, and in
  /// `logprob` that id's logit.
  virtual void sample(const float* logits, std::int64_t width, std::span<const SampleQuery> queries,
                      SampledToken* tokens) const;
  /// One row in the host's memory.
  virtual SoftmaxStats softmax_stats_of(const float* logits, std::int64_t width) const = 0;
  virtual float exp_of(float x) const = 0;
  virtual RopeTable rope_table(std::span<const double> frequencies, double factor,
                               std::int64_t positions) const = 0;
  /// Measures operations where they run; here in the host's time.
  virtual std::unique_ptr<OperationClock> make_clock() const { return make_host_clock(); }
};

}  // namespace flm
