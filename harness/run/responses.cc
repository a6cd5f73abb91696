#include "harness/run/responses.h"

#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/sha256.h"

namespace flm {
namespace {

/// In place of the number of log-probabilities: the error follows.
constexpr std::uint32_t kFailed = std::numeric_limits<std::uint32_t>::max();

void add_text(Sha256& hash, const std::string& text) {
  const std::uint64_t size = text.size();
  hash.update(&size, sizeof size).update(text);
}

void add_ids(Sha256& hash, const std::vector<std::int32_t>& ids) {
  const std::uint64_t size = ids.size();
  hash.update(&size, sizeof size).update(ids.data(), ids.size() * sizeof(std::int32_t));
}

template <typename T>
void add_number(Sha256& hash, T value) {
  hash.update(&value, sizeof value);
}

}  // namespace

std::string score_key(const ModelHashes& model, const ScoreRequest& request) {
  Sha256 hash;
  add_text(hash, "score/2");
  add_text(hash, model.weights);
  add_text(hash, model.config);
  add_text(hash, model.numerics);
  add_ids(hash, request.tokens);
  add_number(hash, request.first_scored);
  add_number(hash, request.top_k);
  return hash.hex();
}

std::string generation_key(const ModelHashes& model, const GenerateRequest& request) {
  Sha256 hash;
  add_text(hash, "generate/2");
  add_text(hash, model.weights);
  add_text(hash, model.config);
  add_text(hash, model.numerics);
  add_text(hash, model.tokenizer);
  add_ids(hash, request.prompt);
  add_number(hash, static_cast<std::uint64_t>(request.stop.size()));
  for (const std::string& stop : request.stop) add_text(hash, stop);
  add_ids(hash, request.stop_ids);
  const Sampling& s = request.sampling;
  add_number(hash, s.repetition_penalty);
  add_number(hash, s.temperature);
  if (s.temperature == 0) return hash.hex();  // greedy: nothing is drawn
  add_number(hash, s.top_k);
  add_number(hash, s.top_p);
  add_number(hash, s.seed);
  add_number(hash, s.repeat);
  return hash.hex();
}

std::string own_key(const std::string& run, const std::string& key) {
  Sha256 hash;
  add_text(hash, "own/1");
  add_text(hash, run);
  add_text(hash, key);
  return hash.hex();
}

std::string encode_response(const ScoreResult& result) {
  if (!result.error.empty()) {
    std::string bytes(sizeof kFailed, '\0');
    std::memcpy(bytes.data(), &kFailed, sizeof kFailed);
    return bytes + result.error;
  }
  FLM_CHECK(result.logprobs.size() == result.argmax.size(), "a score result without its argmax");
  const auto count = static_cast<std::uint32_t>(result.logprobs.size());
  std::string bytes(sizeof count + count * (sizeof(float) + sizeof(std::int32_t)), '\0');
  std::memcpy(bytes.data(), &count, sizeof count);
  std::memcpy(bytes.data() + sizeof count, result.logprobs.data(), count * sizeof(float));
  std::memcpy(bytes.data() + sizeof count + count * sizeof(float), result.argmax.data(),
              count * sizeof(std::int32_t));
  return bytes;
}

namespace {

[[noreturn]] void damaged(const std::string& bytes) {
  throw UserError(
      "a stored response is damaged; compute it again with --fresh, or give another "
      "--store (bytes found: " +
      std::to_string(bytes.size()) + ")");
}

}  // namespace

ScoreResult decode_score(const std::string& bytes) {
  std::uint32_t count = 0;
  if (bytes.size() < sizeof count) damaged(bytes);
  std::memcpy(&count, bytes.data(), sizeof count);
  ScoreResult result;
  if (count == kFailed) {
    result.error = bytes.substr(sizeof count);
    return result;
  }
  if (bytes.size() != sizeof count + std::size_t{count} * (sizeof(float) + sizeof(std::int32_t)))
    damaged(bytes);
  result.logprobs.resize(count);
  result.argmax.resize(count);
  std::memcpy(result.logprobs.data(), bytes.data() + sizeof count, count * sizeof(float));
  std::memcpy(result.argmax.data(), bytes.data() + sizeof count + count * sizeof(float),
              count * sizeof(std::int32_t));
  return result;
}

std::string encode_response(const GenerateResult& result) {
  Json json;
  json["tokens"] = result.tokens;
  json["logprobs"] = result.logprobs;
  json["text"] = result.text;
  json["finish_reason"] = result.finish_reason;
  if (!result.error.empty()) json["error"] = result.error;
  return compact_json(json);
}

GenerateResult decode_generation(const std::string& bytes) {
  const Json json = parse_json(bytes, "stored response");
  GenerateResult result;
  try {
    result.tokens = json.at("tokens").get<std::vector<std::int32_t>>();
    result.logprobs = json.at("logprobs").get<std::vector<float>>();
    result.text = json.at("text").get<std::string>();
    result.finish_reason = json.at("finish_reason").get<std::string>();
    result.error = json.value("error", "");
  } catch (const Json::exception&) {
    damaged(bytes);
  }
  return result;
}

}  // namespace flm
