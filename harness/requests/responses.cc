#include "harness/requests/responses.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/errors.h"
#include "base/sha256.h"
#include "base/text/utf8.h"

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

[[noreturn]] void damaged(const std::string& bytes, const std::string& store) {
  throw UserError("a stored response in " + store +
                  " is damaged; compute it again with --fresh, or give another --store (bytes "
                  "found: " +
                  std::to_string(bytes.size()) + ")");
}

/// Token ids; nothing where one is none.
std::optional<std::vector<std::int32_t>> ids_in(const Json& list) {
  std::vector<std::int32_t> out;
  for (const Json& id : list.get_ref<const Json::array_t&>()) {
    const bool fits =
        id.is_number_integer() && id >= 0 && id <= std::numeric_limits<std::int32_t>::max();
    if (!fits) return std::nullopt;
    out.push_back(id.get<std::int32_t>());
  }
  return out;
}

/// What the engine gives: as many log-probabilities as tokens, and why it ended.
std::optional<GenerateResult> generation_in(const Json& json) {
  GenerateResult result;
  const auto ids = ids_in(json.at("tokens"));
  result.logprobs = json.at("logprobs").get<std::vector<float>>();
  result.text = json.at("text").get<std::string>();
  result.finish_reason = json.at("finish_reason").get<std::string>();
  result.error = json.value("error", "");
  if (!ids || ids->size() != result.logprobs.size()) return std::nullopt;
  result.tokens = *ids;
  return result;
}

}  // namespace

ScoreResult decode_score(const std::string& bytes, const ScoreRequest& request,
                         const std::string& store) {
  std::uint32_t count = 0;
  if (bytes.size() < sizeof count) damaged(bytes, store);
  std::memcpy(&count, bytes.data(), sizeof count);
  ScoreResult result;
  if (count == kFailed) {
    result.error = bytes.substr(sizeof count);
    if (result.error.empty() || !utf8_valid(result.error)) damaged(bytes, store);
    return result;
  }
  const auto first = static_cast<std::size_t>(request.first_scored);
  if (count != request.tokens.size() - std::min(first, request.tokens.size()))
    damaged(bytes, store);
  if (bytes.size() != sizeof count + std::size_t{count} * (sizeof(float) + sizeof(std::int32_t)))
    damaged(bytes, store);
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

GenerateResult decode_generation(const std::string& bytes, const std::string& store) {
  try {
    if (auto result = generation_in(parse_json(bytes, "stored response")))
      return std::move(*result);
  } catch (const Json::exception&) {
  } catch (const UserError&) {
  }
  damaged(bytes, store);
}

}  // namespace flm
