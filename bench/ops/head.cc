// The LM head: its product alone, and with log-probabilities of target ids and argmax behind it.
#include <algorithm>
#include <cmath>

#include "bench/cases/buffered_case.h"
#include "bench/ops/ops.h"
#include "bench/ops/weights.h"
#include "engine/model/vocabulary_head.h"

namespace flm::bench {
namespace {

ModelConfig head_config(const ModelShape& shape) {
  ModelConfig config;
  config.hidden = static_cast<int>(shape.hidden);
  config.vocab_rows = static_cast<int>(shape.vocabulary);
  config.norm_eps = kNormEpsilon;
  return config;
}

/// VocabularyHead as the engine calls it: norm, product, statistics, one target a row.
class LogProbabilityCase : public BufferedCase {
 public:
  LogProbabilityCase(const Backend& backend, int copies, const ModelShape& shape,
                     std::int64_t tokens, const std::string& dtype)
      : BufferedCase(copies),
        config_(head_config(shape)),
        communicator_(make_single_communicator()),
        head_(config_, backend, *communicator_),
        weight_(shape.vocabulary, shape.hidden, dtype, 2000),
        dtype_(dtype),
        norm_(static_cast<std::size_t>(shape.hidden),
              static_cast<float>(1 / std::sqrt(shape.hidden))),  // logits of about one
        hidden_(add_input(tokens * shape.hidden, 1)) {
    for (int copy = 0; copy < copies; ++copy)
      weights_.emplace_back().norm.weight = backend.pack_vector(norm_);
    std::vector<std::unique_ptr<PackedWeight>> packed = weight_.pack(backend, copies);
    for (std::size_t copy = 0; copy < packed.size(); ++copy)
      weights_[copy].head = std::move(packed[copy]);
    for (std::int64_t r = 0; r < tokens; ++r) {
      rows_.push_back(static_cast<std::int32_t>(r));
      queries_.push_back({{static_cast<std::int32_t>((r * 7919 + 5) % shape.vocabulary)}, 0});
    }
  }
  void call(int copy) override {
    answers_.clear();
    answers_ = head_.answer(buffer(copy, hidden_), rows_, queries_,
                            weights_[static_cast<std::size_t>(copy)]);
  }

 protected:
  void verify(int copy, int, Errors& errors) override {
    if (answers_.size() != rows_.size()) return errors.add(NAN, 0, 1);
    const auto rows = sampled(static_cast<std::int64_t>(rows_.size()), 4);
    std::vector<std::vector<double>> inputs;
    for (std::int64_t r : rows)
      inputs.push_back(normed(buffer(copy, hidden_) + r * config_.hidden));
    std::vector<double> sums(rows.size(), 0), best(rows.size(), -1e300), targets(rows.size());
    std::vector<double> at_argmax(rows.size());
    for (std::int64_t n = 0; n < weight_.rows(); ++n) {
      const std::vector<float> w = weight_.row(n);
      for (std::size_t i = 0; i < rows.size(); ++i) {
        double logit = 0;
        for (std::size_t k = 0; k < w.size(); ++k)
          logit += inputs[i][k] * static_cast<double>(w[k]);
        sums[i] += std::exp(logit);
        best[i] = std::max(best[i], logit);
        const auto r = static_cast<std::size_t>(rows[i]);
        if (queries_[r].targets[0] == n) targets[i] = logit;
        if (answers_[r].argmax == n) at_argmax[i] = logit;
      }
    }
    const double tolerance =
        2 * product_tolerance(std::sqrt(static_cast<double>(config_.hidden)),
                              static_cast<std::size_t>(config_.hidden), dtype_);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const HeadAnswer& answer = answers_[static_cast<std::size_t>(rows[i])];
      errors.add(answer.logprobs.at(0), targets[i] - std::log(sums[i]), 2 * tolerance);
      errors.add(at_argmax[i], best[i], tolerance);  // a tie within rounding may fall either way
    }
  }

 private:
  std::vector<double> normed(const float* x) const {
    double squares = 0;
    for (int k = 0; k < config_.hidden; ++k)
      squares += static_cast<double>(x[k]) * static_cast<double>(x[k]);
    const double inverse = 1 / std::sqrt(squares / config_.hidden + config_.norm_eps);
    std::vector<double> out;
    for (int k = 0; k < config_.hidden; ++k)
      out.push_back(static_cast<double>(x[k]) * inverse *
                    static_cast<double>(norm_[static_cast<std::size_t>(k)]));
    return out;
  }

  const ModelConfig config_;
  const std::unique_ptr<Communicator> communicator_;
  const VocabularyHead head_;
  RandomWeight weight_;
  std::string dtype_;
  std::vector<float> norm_;
  int hidden_;
  std::vector<HeadWeights> weights_;
  std::vector<std::int32_t> rows_;
  std::vector<HeadQuery> queries_;
  std::vector<HeadAnswer> answers_;
};

/// Tele-FLM's own vocabulary, without the rows of padding, is benched as a variant.
void add_unpadded_rows(const ModelShape& s, int threads, std::vector<Row>& rows) {
  const std::int64_t vocabulary = 80000 / s.tensor_parallel;
  for (std::int64_t tokens : {1, 64, 512}) {
    Row row = gemm_row("lm_head", s, threads, "fp32", tokens, vocabulary, s.hidden);
    row.shape += "/V:" + std::to_string(vocabulary);
    row.standard = false;
    rows.push_back(row);
  }
}

}  // namespace

void add_head_rows(const ModelShape& s, int threads, std::vector<Row>& rows) {
  if (s.name.starts_with("52b")) add_unpadded_rows(s, threads, rows);
  for (const char* dtype : {"fp32", "bf16w", "bf16"})
    for (std::int64_t tokens : {1, 8, 64, 512, 4096}) {
      const bool standard = s.name == "smollm2-135m" && threads > 1 &&
                            (tokens == 1 || tokens == 512) && std::string(dtype) == "fp32";
      Row product = gemm_row("lm_head", s, threads, dtype, tokens, s.vocabulary, s.hidden);
      product.standard = standard;
      rows.push_back(product);
      Row row = product;
      row.op = "lm_head_logprob";
      const double t = static_cast<double>(tokens), v = static_cast<double>(s.vocabulary),
                   h = static_cast<double>(s.hidden);
      row.cost.flops = 2 * t * h * v + 5 * t * v;
      row.cost.write_bytes = 8 * t;
      row.make = [=](const Backend& backend, int copies) -> std::unique_ptr<Case> {
        return std::make_unique<LogProbabilityCase>(backend, copies, s, tokens, dtype);
      };
      rows.push_back(row);
    }
}

}  // namespace flm::bench
