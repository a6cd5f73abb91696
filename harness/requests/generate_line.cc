#include "harness/requests/generate_line.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "harness/requests/over_long.h"
#include "harness/requests/token_line.h"

namespace flm {
namespace {

/// Reads one field of a line into `value`; a wrong type is a UserError that names the field.
template <typename T>
void take(const Json& line, const char* key, T& value) {
  if (!line.contains(key)) return;
  try {
    value = line[key].get<T>();
  } catch (const nlohmann::json::exception&) {
    throw UserError(std::string("\"") + key + "\" has the wrong type: " + line[key].dump());
  }
}

void need(bool good, const std::string& what) {
  if (!good) throw UserError(what);
}

void check_range(const GenerateRequest& r) {
  const Sampling& s = r.sampling;
  need(r.max_new_tokens >= 0,
       "max_new_tokens must not be negative: " + std::to_string(r.max_new_tokens));
  need(s.temperature >= 0 && std::isfinite(s.temperature),
       "temperature must be a finite number of at least 0: " + std::to_string(s.temperature));
  need(s.top_k >= 0, "top_k must not be negative: " + std::to_string(s.top_k));
  need(s.top_p > 0 && s.top_p <= 1, "top_p must lie in (0, 1]: " + std::to_string(s.top_p));
  need(s.repetition_penalty > 0 && std::isfinite(s.repetition_penalty),
       "repetition_penalty must be a finite number above 0: " +
           std::to_string(s.repetition_penalty));
}

void check_keys(const Json& line) {
  static const std::vector<std::string> known = {
      "id",          "tokens", "prompt", "max_new_tokens",     "stop", "ignore_eos",
      "temperature", "top_k",  "top_p",  "repetition_penalty", "seed"};
  for (const auto& [key, value] : line.items())
    if (std::find(known.begin(), known.end(), key) == known.end())
      throw UserError("unknown key \"" + key + "\"");
}

std::vector<std::int32_t> prompt_of(const Json& line, const GenerateLineRules& rules) {
  if (line.contains("tokens") && line.contains("prompt"))
    throw UserError("a line has both \"tokens\" and \"prompt\"; drop one of them");
  if (line.contains("tokens")) return token_list(line["tokens"], rules.vocab_rows);
  if (!line.contains("prompt")) throw UserError("a line needs \"tokens\" or \"prompt\"");
  std::string prompt;
  take(line, "prompt", prompt);
  return rules.tokenizer.encode_ids(prompt);
}

void take_sampling(const Json& line, Sampling& sampling) {
  sampling.temperature = number(line, "temperature", sampling.temperature);
  sampling.top_k = whole_number(line, "top_k", sampling.top_k);
  sampling.top_p = number(line, "top_p", sampling.top_p);
  sampling.repetition_penalty = number(line, "repetition_penalty", sampling.repetition_penalty);
  if (line.contains("seed") && !line["seed"].is_number_unsigned() &&
      !(line["seed"].is_number_integer() && line["seed"] >= 0))
    throw UserError("\"seed\" must be a whole number of at least 0: " + line["seed"].dump());
  take(line, "seed", sampling.seed);
}

void check(const GenerateRequest& request, const GenerateLineRules& rules) {
  check_range(request);
  need(!request.prompt.empty(), "the prompt has no tokens");
  for (std::int32_t id : request.prompt)
    need(id >= 0 && id < rules.vocab_rows,
         "token id outside the vocabulary: " + std::to_string(id));
  for (const std::string& stop : request.stop)
    need(!stop.empty(), "a stop string must not be empty");
}

/// Into the model's context, or a UserError. Without the cut an answer ends where the context does.
void fit(GenerateLine& line, const GenerateLineRules& rules) {
  GenerateRequest& request = line.request;
  const auto cut = rules.truncate_left ? cut_left(request, rules.max_length) : std::nullopt;
  const std::int64_t prompt = std::ssize(request.prompt);
  need(cut || prompt < rules.max_length + (request.max_new_tokens == 0),
       "the prompt has " + std::to_string(prompt) + " tokens; the context limit is " +
           std::to_string(rules.max_length) + "; shorten it, or give --over-long truncate-left" +
           (request.max_new_tokens < rules.max_length ? "" : " and a smaller max_new_tokens"));
  line.cut = cut.value_or(0);
}

GenerateRequest generate_request_of(const Json& line, const GenerateLineRules& rules) {
  check_keys(line);
  GenerateRequest request = rules.settings;
  bool ignore_eos = rules.ignore_eos;
  request.prompt = prompt_of(line, rules);
  request.max_new_tokens = whole_number(line, "max_new_tokens", request.max_new_tokens);
  if (line.contains("stop") && line["stop"].is_string())
    request.stop = {line["stop"].get<std::string>()};
  else
    take(line, "stop", request.stop);
  take(line, "ignore_eos", ignore_eos);
  take_sampling(line, request.sampling);
  if (!ignore_eos) request.stop_ids = rules.tokenizer.eos_ids();
  check(request, rules);
  return request;
}

}  // namespace

GenerateLine generate_line_of_prompt(const std::string& prompt, const GenerateLineRules& rules) {
  GenerateLine out{0, "", generate_request_of(Json{{"prompt", prompt}}, rules)};
  fit(out, rules);
  return out;
}

GenerateLine read_generate_line(const std::string& line, const std::string& origin, Json id,
                                const GenerateLineRules& rules) {
  GenerateLine out{std::move(id), "", {}, 0};
  try {
    const Json object = parse_json(line, origin);
    if (!object.is_object()) throw UserError("a line must be an object");
    if (object.contains("id")) out.id = object["id"];
    out.request = generate_request_of(object, rules);
    fit(out, rules);
  } catch (const UserError& error) {
    out.error = error.what();
  }
  return out;
}

}  // namespace flm
