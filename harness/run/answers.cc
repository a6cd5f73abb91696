#include "harness/run/answers.h"

#include <numeric>
#include <span>
#include <utility>

#include "base/errors.h"
#include "harness/run/run_identity.h"

namespace flm {

namespace {

/// The key leaves the most tokens open: an answer that ended by itself within them is this
/// request's, and one that was cut is it where the cut was here.
bool answers(const GenerateResult& stored, const GenerateRequest& request) {
  const auto tokens = static_cast<int>(stored.tokens.size());
  return stored.finish_reason == "stop" ? tokens <= request.max_new_tokens
                                        : tokens == request.max_new_tokens;
}

}  // namespace

Answers::Answers(RunPlan& plan, const RunRecord& record, Store& store, Finished finished)
    : plan_(plan),
      model_(model_hashes(record)),
      store_(store),
      finished_(std::move(finished)),
      scores_left_(plan.scores.size()),
      generations_left_(plan.generations.size()) {
  std::iota(scores_left_.begin(), scores_left_.end(), std::size_t{0});
  std::iota(generations_left_.begin(), generations_left_.end(), std::size_t{0});
}

void Answers::take_stored(Progress& progress) {
  std::erase_if(scores_left_, [&](std::size_t i) {
    const auto bytes = store_.response(key(plan_.scores[i]));
    if (bytes) deliver(i, decode_score(*bytes));
    return bytes.has_value();
  });
  std::erase_if(generations_left_, [&](std::size_t i) {
    const auto bytes = store_.response(key(plan_.generations[i]));
    if (!bytes) return false;
    const GenerateResult stored = decode_generation(*bytes);
    const bool whole = answers(stored, plan_.generations[i]);
    if (whole) deliver(i, stored);
    return whole;
  });
  const std::size_t all = plan_.scores.size() + plan_.generations.size();
  const std::size_t left = scores_left_.size() + generations_left_.size();
  from_store_ = static_cast<std::int64_t>(all - left);
  if (left == 0 && all > 0) {
    progress.note("all " + std::to_string(all) + " responses are stored: nothing to compute");
  } else if (from_store_ > 0) {
    progress.note(std::to_string(from_store_) + " of " + std::to_string(all) +
                  " responses are stored");
  }
}

void Answers::put_score(std::size_t index, const ScoreResult& result) {
  store_.put_response(key(plan_.scores[index]), encode_response(result));
  deliver(index, result);
}

void Answers::put_generation(std::size_t index, const GenerateResult& result) {
  store_.put_response(key(plan_.generations[index]), encode_response(result));
  deliver(index, result);
}

ScoreResult Answers::stored_score(std::size_t index) const {
  const auto bytes = store_.response(key(plan_.scores[index]));
  FLM_CHECK(bytes.has_value(), "a scored request has no stored response");
  return decode_score(*bytes);
}

std::string Answers::key(const ScoreRequest& request) const { return score_key(model_, request); }

std::string Answers::key(const GenerateRequest& request) const {
  return generation_key(model_, request);
}

void Answers::deliver(std::size_t index, const ScoreResult& result) {
  const RequestHome& home = plan_.score_homes[index];
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
  RequestAnswer& answer = plan_.tasks[home.task].items[home.item].answers[home.request];
  answer.texts[home.repeat] = result.text;
  answer.tokens += static_cast<std::int64_t>(result.tokens.size());
  answered(home);
}

void Answers::answered(const RequestHome& home) {
  const PlannedTask& task = plan_.tasks[home.task];
  PlannedItem& item = plan_.tasks[home.task].items[home.item];
  if (--item.waiting == 0) finished_(task, item);
}

}  // namespace flm
