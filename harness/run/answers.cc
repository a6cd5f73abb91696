#include "harness/run/answers.h"

#include <algorithm>
#include <numeric>
#include <span>
#include <utility>

#include "base/errors.h"
#include "harness/run/run_identity.h"

namespace flm {

namespace {

/// Most tokens of an answer: the limit asked for, or what the context leaves.
std::size_t most_tokens(const GenerateRequest& request, int max_length) {
  const auto left = max_length - static_cast<std::int64_t>(request.prompt.size());
  return static_cast<std::size_t>(std::min<std::int64_t>(request.max_new_tokens, left));
}

/// A lower limit ends it before what ended it here, an error among that.
bool is_longer(const GenerateResult& result, std::size_t most) {
  return result.tokens.size() > most || (!result.error.empty() && result.tokens.size() == most);
}

/// The answer that a lower limit gives: its first tokens. What ended it, an error or not, comes
/// behind them.
GenerateResult shortened(GenerateResult result, std::size_t tokens, const Tokenizer& tokenizer) {
  result.tokens.resize(tokens);
  result.logprobs.resize(tokens);
  result.text = tokenizer.decode(result.tokens, true);
  result.finish_reason = "length";
  result.error.clear();
  return result;
}

}  // namespace

Answers::Answers(RunPlan& plan, const RunRecord& record, Store& store, Reuse reuse,
                 const Tokenizer* tokenizer, int max_length, Finished finished)
    : plan_(plan),
      model_(model_hashes(record)),
      store_(store),
      run_(record.id),
      reuse_(reuse),
      tokenizer_(tokenizer),
      max_length_(max_length),
      finished_(std::move(finished)),
      scores_left_(plan.scores.size()),
      generations_left_(plan.generations.size()) {
  std::iota(scores_left_.begin(), scores_left_.end(), std::size_t{0});
  std::iota(generations_left_.begin(), generations_left_.end(), std::size_t{0});
}

void Answers::take_stored(Progress& progress) {
  std::erase_if(scores_left_, [&](std::size_t i) {
    const auto bytes = usable(key(plan_.scores[i]));
    if (bytes) deliver(i, decode_score(*bytes, plan_.scores[i], store_.path()));
    return bytes.has_value();
  });
  std::erase_if(generations_left_, [&](std::size_t i) { return take_stored_generation(i); });
  const std::size_t all = plan_.scores.size() + plan_.generations.size();
  const std::size_t left = scores_left_.size() + generations_left_.size();
  from_store_ = static_cast<std::int64_t>(all - left);
  if (left == 0 && all > 0) {
    progress.note("all " + std::to_string(all) + " answers are already there: nothing to compute");
  } else if (from_store_ > 0) {
    progress.note("resuming: " + std::to_string(from_store_) + " of " + std::to_string(all) +
                  " answers are already there");
  }
  if (!begun_.empty())
    progress.note("answers cut by a lower limit and gone on from: " +
                  std::to_string(begun_.size()));
}

/// An answer is stored under a key without the limit on its tokens, because a limit decides where
/// it ends and nothing else: one that is long enough serves every lower limit, and one that was cut
/// is the beginning of a longer one.
bool Answers::take_stored_generation(std::size_t index) {
  const GenerateRequest& request = plan_.generations[index];
  const auto bytes = usable(key(request));
  if (!bytes) return false;
  GenerateResult result = decode_generation(*bytes, store_.path());
  const std::size_t most = most_tokens(request, max_length_);
  if (is_longer(result, most)) {
    deliver(index, shortened(std::move(result), most, *tokenizer_));
    return true;
  }
  if (result.finish_reason == "length" && result.tokens.size() < most) {
    begun_[index] = std::move(result);
    return false;
  }
  deliver(index, result);
  return true;
}

GenerateRequest Answers::generation(std::size_t index) const {
  GenerateRequest request = plan_.generations[index];
  if (const auto begun = begun_.find(index); begun != begun_.end()) request.begun = begun->second;
  return request;
}

void Answers::put_score(std::size_t index, const ScoreResult& result) {
  put(key(plan_.scores[index]), encode_response(result));
  deliver(index, result);
}

void Answers::put_generation(std::size_t index, const GenerateResult& result) {
  const std::string name = key(plan_.generations[index]);
  const auto old = usable(name);  // of a request like it with another limit
  if (!old || decode_generation(*old, store_.path()).tokens.size() <= result.tokens.size())
    put(name, encode_response(result));
  deliver(index, result);
}

ScoreResult Answers::stored_score(std::size_t index) const {
  const auto bytes = store_.response(key(plan_.scores[index]));
  FLM_CHECK(bytes.has_value(), "a scored request has no stored response");
  return decode_score(*bytes, plan_.scores[index], store_.path());
}

GenerateResult Answers::stored_generation(std::size_t index) const {
  const GenerateRequest& request = plan_.generations[index];
  const auto bytes = store_.response(key(request));
  FLM_CHECK(bytes.has_value(), "a generation has no stored response");
  GenerateResult result = decode_generation(*bytes, store_.path());
  const std::size_t most = most_tokens(request, max_length_);
  return is_longer(result, most) ? shortened(std::move(result), most, *tokenizer_) : result;
}

std::optional<std::string> Answers::usable(const std::string& key) const {
  if (reuse_ == Reuse::kOwn && !store_.response(own_key(run_, key))) return std::nullopt;
  return store_.response(key);
}

void Answers::put(const std::string& key, const std::string& bytes) {
  store_.put_response(key, bytes);
  if (reuse_ == Reuse::kOwn) store_.put_response(own_key(run_, key), "own");
}

std::string Answers::key(const ScoreRequest& request) const { return score_key(model_, request); }

std::string Answers::key(const GenerateRequest& request) const {
  return generation_key(model_, request);
}

void Answers::deliver(std::size_t index, const ScoreResult& result) {
  const RequestHome& home = plan_.score_homes[index];
  if (!result.error.empty()) return failed(home, result.error);
  RequestAnswer& answer = plan_.tasks[home.task].items[home.item].answers[home.request];
  const ScoreRequest& request = plan_.scores[index];
  answer.logprob += result.sum();
  answer.tokens += static_cast<std::int64_t>(result.logprobs.size());
  const std::span<const std::int32_t> tokens(request.tokens);
  answer.is_greedy = answer.is_greedy &&
                     result.greedy(tokens.subspan(static_cast<std::size_t>(request.first_scored)));
  answered(home);
}

void Answers::deliver(std::size_t index, const GenerateResult& result) {
  const RequestHome& home = plan_.generation_homes[index];
  if (!result.error.empty()) return failed(home, result.error);
  RequestAnswer& answer = plan_.tasks[home.task].items[home.item].answers[home.request];
  answer.texts[home.repeat] = result.text;
  answer.cut = answer.cut.value_or(0) + (result.finish_reason == "length");
  answer.tokens += static_cast<std::int64_t>(result.tokens.size());
  answered(home);
}

/// The item's other answers are waited for all the same: what is stored once need not run again.
void Answers::failed(const RequestHome& home, const std::string& error) {
  PlannedItem& item = plan_.tasks[home.task].items[home.item];
  if (item.status == "ok") {
    item.status = "error";
    item.message = error;
  }
  answered(home);
}

void Answers::answered(const RequestHome& home) {
  const PlannedTask& task = plan_.tasks[home.task];
  PlannedItem& item = plan_.tasks[home.task].items[home.item];
  if (--item.waiting == 0) finished_(task, item);
}

}  // namespace flm
