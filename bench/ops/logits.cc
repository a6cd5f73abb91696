// Softmax statistics of logits, and the choice of the next id.
#include <algorithm>
#include <cmath>

#include "bench/cases/buffered_case.h"
#include "bench/ops/ops.h"
#include "engine/backend/sampling.h"
#include "engine/numerics/random_stream.h"

namespace flm::bench {
namespace {

/// max, sum of exp and argmax of rows of logits.
class SoftmaxStatsCase : public BufferedCase {
 public:
  SoftmaxStatsCase(const Backend& backend, int copies, std::int64_t rows, std::int64_t width)
      : BufferedCase(copies),
        backend_(backend),
        rows_(rows),
        width_(width),
        logits_(add_input(rows * width, 3)),
        stats_(static_cast<std::size_t>(rows)) {}
  void call(int copy) override {
    stats_.assign(stats_.size(), {});
    backend_.softmax_stats(buffer(copy, logits_), rows_, width_, stats_.data());
  }

 protected:
  void verify(int copy, int, Errors& errors) override {
    for (std::int64_t r : sampled(rows_, kRowsChecked)) {
      const float* row = buffer(copy, logits_) + r * width_;
      const std::int64_t best = std::max_element(row, row + width_) - row;
      double sum = 0;
      for (std::int64_t i = 0; i < width_; ++i)
        sum += std::exp(static_cast<double>(row[i]) - static_cast<double>(row[best]));
      const SoftmaxStats& stats = stats_[static_cast<std::size_t>(r)];
      errors.add(stats.argmax, static_cast<double>(best), 0.5);
      errors.add(stats.max, row[best], 1e-30);
      errors.add(stats.sum, sum, 4 * kEpsilon * std::sqrt(static_cast<double>(width_)) * sum);
    }
  }

 private:
  const Backend& backend_;
  std::int64_t rows_, width_;
  int logits_;
  std::vector<SoftmaxStats> stats_;
};

/// The next id of `rows` sequences, one after another as the generator does it.
class SampleCase : public BufferedCase {
 public:
  SampleCase(const Backend&, int copies, std::int64_t rows, std::int64_t width,
             const Sampling& sampling)
      : BufferedCase(copies),
        rows_(rows),
        width_(width),
        sampling_(sampling),
        logits_(add_input(rows * width, 3)),
        ids_(static_cast<std::size_t>(rows)) {
    for (std::int64_t i = 0; i < 1024; ++i)  // ids of a prompt, for the penalty
      history_.push_back(static_cast<std::int32_t>(i * 7919 % width));
  }
  void call(int copy) override {
    ++step_;
    for (std::int64_t r = 0; r < rows_; ++r)
      ids_[static_cast<std::size_t>(r)] =
          sample_token({buffer(copy, logits_) + r * width_, static_cast<std::size_t>(width_)},
                       static_cast<std::int32_t>(width_), sampling_, history_,
                       static_cast<std::uint64_t>(r), step_);
  }

 protected:
  /// The draw's target must fall into the chosen id's share of the weight that was kept.
  void verify(int copy, int, Errors& errors) override {
    for (std::int64_t r : sampled(rows_, 8)) {
      const float* row = buffer(copy, logits_) + r * width_;
      const std::int32_t id = ids_[static_cast<std::size_t>(r)];
      if (sampling_.temperature == 0)
        errors.add(id, static_cast<double>(std::max_element(row, row + width_) - row), 0.5);
      else
        errors.add(distance(row, id, static_cast<std::uint64_t>(r)), 0, 1e-9);
    }
  }

 private:
  struct Candidate {
    double weight;
    std::int32_t id;
  };

  /// Weights e^(logit / temperature) after the penalty, best first, cut by top k and top p.
  std::vector<Candidate> kept(const float* row) const {
    std::vector<double> logits(row, row + width_);
    for (std::int32_t id : history_) {
      const double logit = static_cast<double>(row[id]), penalty = sampling_.repetition_penalty;
      logits[static_cast<std::size_t>(id)] = logit > 0 ? logit / penalty : logit * penalty;
    }
    std::vector<Candidate> all;
    double total = 0, sum = 0;
    for (std::size_t i = 0; i < logits.size(); ++i)
      all.push_back({std::exp(logits[i] / sampling_.temperature), static_cast<std::int32_t>(i)});
    std::stable_sort(all.begin(), all.end(),
                     [](const Candidate& a, const Candidate& b) { return a.weight > b.weight; });
    if (sampling_.top_k > 0) all.resize(static_cast<std::size_t>(sampling_.top_k));
    for (const Candidate& one : all) total += one.weight;
    std::size_t count = 0;
    while (count < all.size() && (count == 0 || sum < sampling_.top_p * total))
      sum += all[count++].weight;
    all.resize(count);
    return all;
  }

  /// How far the draw is from the id's share, as a part of the whole; 1 for an id that was cut.
  double distance(const float* row, std::int32_t id, std::uint64_t key) const {
    std::vector<Candidate> all = kept(row);
    std::sort(all.begin(), all.end(),
              [](const Candidate& a, const Candidate& b) { return a.id < b.id; });
    double total = 0, begin = 0, end = 0;
    for (const Candidate& one : all) {
      if (one.id == id) begin = total, end = total + one.weight;
      total += one.weight;
    }
    if (end == 0) return 1;
    const double target = total * uniform(sampling_.seed, key, sampling_.repeat, step_);
    return std::max({0.0, begin - target, target - end}) / total;
  }

  std::int64_t rows_, width_;
  Sampling sampling_;
  int logits_;
  std::vector<std::int32_t> ids_, history_;
  std::uint32_t step_ = 0;
};

struct Choice {
  const char* op;
  const char* text;
  Sampling sampling;
};

}  // namespace

void add_logit_rows(const ModelShape& s, int threads, std::vector<Row>& rows) {
  if (s.tensor_parallel > 1 && s.tensor_parallel < 8) return;
  const double v = static_cast<double>(s.vocabulary);
  for (std::int64_t tokens : kRowTokens) {
    const double t = static_cast<double>(tokens);
    const RowAdder add{s, threads, tokens, rows};
    add("softmax_stats", {4 * t * v, 4 * t * v, 12 * t}, 4 * t * v,
        maker<SoftmaxStatsCase>(tokens, s.vocabulary));
  }
  if (threads > 1 || s.tensor_parallel > 1) return;  // whole rows, one sequence after another
  const Choice choices[] = {
      {"argmax", "", {}},
      {"sample", "/temperature", {.temperature = 0.8}},
      {"sample", "/top_k:50", {.temperature = 0.8, .top_k = 50}},
      {"sample", "/top_p:0.9", {.temperature = 0.8, .top_p = 0.9}},
      {"sample", "/penalty:1.1", {.temperature = 0.8, .repetition_penalty = 1.1}}};
  for (const Choice& choice : choices)
    for (std::int64_t sequences : {1, 8, 64, 256}) {
      const double b = static_cast<double>(sequences);
      Row row =
          row_of(choice.op, s, threads, "fp32", "B:" + std::to_string(sequences) + choice.text);
      row.cost = {b * v, 4 * b * v, 4 * b};
      row.resident_bytes = 4 * b * v;
      row.standard = s.name == "smollm2-135m" && sequences == 8;
      row.make = maker<SampleCase>(sequences, s.vocabulary, choice.sampling);
      add_cold_and_hot(row, false, rows);
    }
}

}  // namespace flm::bench
