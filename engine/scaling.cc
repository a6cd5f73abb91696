#include "engine/scaling.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <functional>

#include "base/errors.h"
#include "engine/backend/model_cost.h"
#include "engine/cuda/cuda_heads.h"
#include "engine/local_models.h"
#include "engine/parallel/shard.h"
#include "engine/requests.h"
#include "engine/scaling/dealing.h"
#include "engine/scaling/gpu_parts.h"
#include "engine/scoring/batch_cuts.h"
#include "engine/scoring/batch_time.h"
#include "engine/scoring/prefix_trie.h"
#include "engine/scoring/tapered_batches.h"

namespace flm {
namespace {

constexpr double kUsed = 0.9;
constexpr std::int64_t kFewestRows = 4096;  // that fill a GPU
constexpr double kBytesOfADealtRow = 28;    // ids, positions, slots, paths

/// The model in the terms of section "Several GPUs" of the arithmetic: bytes in bf16.
struct Shape {
  explicit Shape(const ModelConfig& c)
      : flops(flops_of(c)),
        layers(c.layers),
        hidden(c.hidden),
        q(std::int64_t{c.heads} * c.head_dim),
        kv(std::int64_t{c.kv_heads} * c.head_dim),
        intermediate(c.intermediate),
        layer_bytes(2.0 * static_cast<double>((q + 2 * kv) * hidden + hidden * q +
                                              3 * intermediate * hidden)),
        head_bytes(2.0 * c.vocab_rows * static_cast<double>(hidden)),
        bytes(layer_bytes * layers + head_bytes * (c.tied ? 1 : 2)),
        row_bytes(static_cast<double>((2 * hidden + q + 2 * kv) * 4 + (q + 2 * kv) * 2 + 82)),
        // Of a row and layer: heads and products in bf16, two columns of the residual in fp32, and
        // queries and keys where all heads are normed together.
        exchanged(static_cast<double>(
            2 * (q + intermediate) + 8 * hidden +
            (c.block.head_norm == HeadNorm::kWholeProjection ? 4 * (q + kv) : 0))),
        most_ranks(flm::most_ranks(c)) {}
  ModelFlops flops;
  int layers;
  std::int64_t hidden, q, kv, intermediate;
  double layer_bytes, head_bytes, bytes, row_bytes, exchanged;
  std::int64_t most_ranks;
};

using BatchTime = std::function<DealtBatch(const TrieSlice& batch)>;

struct Way {
  const char* name;
  double weights;    // bytes on each GPU
  double away;       // seconds in which all weights come once; 0: they stay
  int gpus_a_model;  // that work on one batch
  double slower;     // a batch's computation, by what its GPUs exchange or wait for
  const char* why;
  std::int64_t most = 1;  // GPUs that can work on one batch, and what there is one of for each
  const char* shared_out = "";
};

class Scaling {
 public:
  Scaling(const ModelConfig& config, std::span<const ScoreRequest> requests,
          const GpuCluster& cluster)
      : shape_(config), trie_(requests), cluster_(cluster), part_(gpu_part(cluster.part)) {}

  ScalingPlan plan() const {
    ScalingPlan plan;
    plan.rows = trie_.nodes();
    plan.weight_bytes = static_cast<std::int64_t>(shape_.bytes);
    plan.read_seconds = shape_.bytes / part_.file_bytes;
    const Way* best = nullptr;
    const std::vector<Way> ways = ways_of(cluster_.gpus);
    for (const Way& way : ways) {
      plan.ways.push_back(result_of(way));
      const ScalingWay& now = plan.ways.back();
      if (!now.fits) continue;
      if (!best || now.seconds < plan.ways[static_cast<std::size_t>(best - ways.data())].seconds)
        best = &way;
    }
    if (!best) throw UserError("no way was found for this model on " + describe());
    plan.chosen = best->name;
    for (int gpus = 1; gpus <= 1024; gpus *= 2) plan.steps.push_back(step_of(best->name, gpus));
    plan.stops = stops_of(plan.steps);
    plan.basis = describe() + ": " + number(part_.flops / 1e12) + " TFLOP/s, " +
                 number(part_.peer_bytes / 1e9) + " GB/s from peers, " +
                 number(part_.host_bytes / 1e9) + " GB/s from the host, " +
                 number(part_.file_bytes / 1e9) + " GB/s of files; not measured";
    return plan;
  }

 private:
  static std::string number(double x) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3g", x);
    return text;
  }
  std::string describe() const {
    return std::to_string(cluster_.nodes) + " x " + std::to_string(cluster_.gpus) + " " +
           part_.name;
  }

  /// Of one node with so many GPUs.
  std::vector<Way> ways_of(int gpus) const {
    const double n = gpus, others = (n - 1) / n, two_layers = 2 * shape_.layer_bytes;
    const double link = std::min(part_.host_bytes, part_.node_bytes / n);
    const double exchanged = shape_.exchanged * others / part_.peer_bytes;
    const double row = shape_.flops.row / shape_.layers / part_.flops / n;
    // The head is a stage's work besides its layers, and batches fill the pipeline one by one.
    const double stage = shape_.layers / n * shape_.flops.row / shape_.layers;
    const double balance = (stage + shape_.flops.head_row / n) / (stage + shape_.flops.head_row);
    return {
        {"replicas", shape_.bytes, 0, 1, 1, "the last batches"},
        {"spread", shape_.bytes / n + two_layers, shape_.bytes * others / part_.peer_bytes, 1, 1,
         "weights on their way from the peers"},
        {"streamed", two_layers + shape_.head_bytes, shape_.bytes / link, 1, 1,
         "weights on their way from the host"},
        {"layers", shape_.bytes / n, 0, gpus, 1 / balance, "stages of unequal work", shape_.layers,
         "layers"},
        {"ranks", shape_.bytes / n, 0, gpus, 1 + exchanged / row, "gathers between the ranks",
         shape_.most_ranks, "query heads"},
    };
  }

  /// Why the way is none on these GPUs; empty: it is one.
  std::string refusal(const Way& way) const {
    if (way.gpus_a_model > way.most)
      return "the model has " + std::to_string(way.most) + " " + way.shared_out + " for " +
             std::to_string(way.gpus_a_model) + " GPUs";
    return rows_beside(way) < static_cast<double>(kFewestRows) ? "its weights do not fit" : "";
  }

  /// Rows that fit beside the weights; none: the way does not fit.
  double rows_beside(const Way& way) const {
    return (part_.memory - way.weights) / shape_.row_bytes;
  }

  std::vector<TrieSlice> batches_of(const Way& way, int models) const {
    BatchLimits limits;
    limits.max_rows = static_cast<std::int64_t>(std::min(rows_beside(way), 2e9));
    // Weights that come anew want rows that hide them.
    const double hiding = way.away * part_.flops / shape_.flops.row;
    limits.unhurried_rows =
        std::min(limits.max_rows, std::max(kFewestRows, static_cast<std::int64_t>(hiding)));
    limits.max_flops = std::max(kBatchSeconds * part_.flops,
                                static_cast<double>(limits.unhurried_rows) * shape_.flops.row);
    limits.batch_rows = 64;
    if (models == 1) return cut_into_batches(trie_, shape_.flops, limits);
    const auto fewest = std::max(kFewestRowsOfABatch, static_cast<std::int64_t>(hiding));
    return tapered_batches(trie_, shape_.flops, limits, models, fewest);
  }

  struct Simulated {
    Dealing dealing;
    std::int64_t batches = 0;
    double no_weights = 0, no_dealing = 0;  // seconds without what they name
  };
  Simulated simulate(const Way& way, int gpus, int node) const {
    const int models = std::max(1, gpus / way.gpus_a_model);
    const int of_a_node = std::max(1, std::min(node, gpus) / way.gpus_a_model);
    const std::vector<TrieSlice> slices = batches_of(way, models);
    std::vector<DealtBatch> batches;
    for (const TrieSlice& slice : slices)
      batches.push_back({slice.flops * way.slower / part_.flops / way.gpus_a_model, way.away,
                         kDealSeconds + slice.rows() * kBytesOfADealtRow / kWireBytes});
    Simulated simulated;
    simulated.batches = static_cast<std::int64_t>(batches.size());
    simulated.dealing = simulate_dealing(batches, models, of_a_node);
    const auto without = [&](double DealtBatch::*what) {
      std::vector<DealtBatch> others = batches;
      for (DealtBatch& batch : others) batch.*what = 0;
      return simulate_dealing(others, models, of_a_node).seconds;
    };
    simulated.no_weights = without(&DealtBatch::weights);
    simulated.no_dealing = without(&DealtBatch::deal);
    return simulated;
  }

  /// Seconds of one GPU that had all weights at hand, for all rows.
  double useful() const {
    double flops = 0;
    BatchLimits whole;
    whole.max_rows = whole.unhurried_rows = std::int64_t{1} << 40;
    whole.max_flops = 1e300;
    for (const TrieSlice& slice : cut_into_batches(trie_, shape_.flops, whole))
      flops += slice.flops;
    return flops / part_.flops;
  }

  std::string why(const Way& way, const Simulated& s) const {
    const double lost = s.dealing.seconds;
    if (way.gpus_a_model > 1) return way.why;
    if (lost - s.no_weights > 0.02 * lost && s.no_weights <= s.no_dealing) return way.why;
    if (lost - s.no_dealing > 0.02 * lost) return "dealing: rank 0 hands out one batch at a time";
    return "too few rows: the last batches leave GPUs without work";
  }

  ScalingWay result_of(const Way& way) const {
    ScalingWay result;
    result.name = way.name;
    result.gpu_bytes = static_cast<std::int64_t>(way.weights + static_cast<double>(kFewestRows) *
                                                                   shape_.row_bytes);
    result.why = refusal(way);
    result.fits = result.why.empty();
    if (!result.fits) return result;
    const int gpus = cluster_.gpus * cluster_.nodes;
    const Simulated simulated = simulate(way, gpus, cluster_.gpus);
    result.seconds = simulated.dealing.seconds;
    result.rows_per_second = static_cast<double>(trie_.nodes()) / result.seconds;
    result.efficiency = useful() / (result.seconds * gpus);
    result.why = why(way, simulated);
    return result;
  }

  ScalingStep step_of(const std::string& name, int gpus) const {
    const int node = std::min(gpus, cluster_.gpus);
    for (const Way& way : ways_of(node)) {
      if (name != way.name) continue;
      if (rows_beside(way) < static_cast<double>(kFewestRows))
        return {gpus, 0, 0, 0, "the weights do not fit on " + std::to_string(node)};
      const Simulated simulated = simulate(way, gpus, node);
      return {gpus, simulated.batches, simulated.dealing.seconds,
              useful() / (simulated.dealing.seconds * gpus), why(way, simulated)};
    }
    return {};
  }

  static std::string stops_of(const std::vector<ScalingStep>& steps) {
    bool used = false;
    for (const ScalingStep& step : steps) {
      if (step.seconds == 0) continue;
      if (step.efficiency >= kUsed) {
        used = true;
        continue;
      }
      return (used ? "at " : "from the first, at ") + std::to_string(step.gpus) + " GPUs " +
             number(100 * step.efficiency) + " % are used: " + step.why;
    }
    return "not up to " + std::to_string(steps.back().gpus) + " GPUs";
  }

  const Shape shape_;
  const PrefixTrie trie_;
  const GpuCluster cluster_;
  const GpuPart& part_;
};

}  // namespace

GpuCluster parse_cluster(const std::string& text) {
  const UserError wrong("--on wants [NODESx]GPUSxPART, as in 8xh100 or 2x8xh100: " + text);
  const std::size_t last = text.rfind('x');
  if (last == std::string::npos || last + 1 == text.size()) throw wrong;
  GpuCluster cluster;
  cluster.part = text.substr(last + 1);
  (void)gpu_part(cluster.part);
  std::vector<int> counts;
  const char *at = text.data(), *end = text.data() + last;
  while (true) {
    int count = 0;
    const auto [next, error] = std::from_chars(at, end, count);
    if (error != std::errc() || count < 1 || count > 1024) throw wrong;
    counts.push_back(count);
    if (next == end) break;
    if (*next != 'x') throw wrong;
    at = next + 1;
  }
  if (counts.size() > 2) throw wrong;
  cluster.gpus = counts.back();
  if (counts.size() == 2) cluster.nodes = counts.front();
  return cluster;
}

ScalingPlan plan_scaling(const EngineOptions& options, std::span<const ScoreRequest> requests,
                         const GpuCluster& cluster) {
  if (requests.empty())
    throw UserError("the plan for " + cluster.part +
                    " is of scoring; choose a task that scores, for these only generate");
  const ModelConfig config = open_model_files(options).config;
  if (const std::string taken = untaken_cuda_heads(config, true); !taken.empty())
    throw UserError("--on reckons with GPUs in bf16, which take " + taken +
                    "; leave it out: " + cluster.part);
  return Scaling(config, requests, cluster).plan();
}

}  // namespace flm
