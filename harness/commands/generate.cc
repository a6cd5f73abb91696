#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "harness/commands/commands.h"
#include "harness/commands/token_line.h"
#include "harness/model/engine_speed.h"
#include "harness/model/model_access.h"
#include "harness/process/exit_code.h"
#include "harness/process/interrupt.h"
#include "harness/terminal/jsonl.h"

namespace flm {
namespace {

struct GenerateLine {
  Json id;
  std::string error;
  std::size_t request = 0;
};

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

void check_range(const GenerateRequest& r) {
  const Sampling& s = r.sampling;
  const auto need = [](bool good, const std::string& what) {
    if (!good) throw UserError(what);
  };
  need(r.max_new_tokens >= 0,
       "max_new_tokens must not be negative: " + std::to_string(r.max_new_tokens));
  need(s.temperature >= 0, "temperature must not be negative: " + std::to_string(s.temperature));
  need(s.top_k >= 0, "top_k must not be negative: " + std::to_string(s.top_k));
  need(s.top_p > 0 && s.top_p <= 1, "top_p must lie in (0, 1]: " + std::to_string(s.top_p));
  need(s.repetition_penalty > 0,
       "repetition_penalty must be positive: " + std::to_string(s.repetition_penalty));
}

class Reader {
 public:
  Reader(const Options& options, const Tokenizer& tokenizer, const EngineInfo& info)
      : options_(options), tokenizer_(tokenizer), info_(info) {}

  GenerateRequest request_of(const Json& line) const {
    static const std::vector<std::string> known = {
        "id",          "tokens", "prompt", "max_new_tokens",     "stop", "ignore_eos",
        "temperature", "top_k",  "top_p",  "repetition_penalty", "seed"};
    for (const auto& [key, value] : line.items()) {
      if (std::find(known.begin(), known.end(), key) == known.end())
        throw UserError("unknown key \"" + key + "\"");
    }
    GenerateRequest request = options_.generation;
    bool ignore_eos = options_.ignore_eos;
    if (line.contains("tokens") && line.contains("prompt"))
      throw UserError("a line has both \"tokens\" and \"prompt\"; drop one of them");
    if (line.contains("tokens")) {
      request.prompt = token_list(line["tokens"], info_.vocab_rows);
    } else {
      std::string prompt;
      if (!line.contains("prompt")) throw UserError("a line needs \"tokens\" or \"prompt\"");
      take(line, "prompt", prompt);
      request.prompt = tokenizer_.encode_ids(prompt);
    }
    request.max_new_tokens = whole_number(line, "max_new_tokens", request.max_new_tokens);
    if (line.contains("stop") && line["stop"].is_string()) {
      request.stop = {line["stop"].get<std::string>()};
    } else {
      take(line, "stop", request.stop);
    }
    take(line, "ignore_eos", ignore_eos);
    Sampling& sampling = request.sampling;
    sampling.temperature = number(line, "temperature", sampling.temperature);
    sampling.top_k = whole_number(line, "top_k", sampling.top_k);
    sampling.top_p = number(line, "top_p", sampling.top_p);
    sampling.repetition_penalty = number(line, "repetition_penalty", sampling.repetition_penalty);
    if (line.contains("seed") && !line["seed"].is_number_unsigned() &&
        !(line["seed"].is_number_integer() && line["seed"] >= 0))
      throw UserError("\"seed\" must be a whole number of at least 0: " + line["seed"].dump());
    take(line, "seed", sampling.seed);
    if (!ignore_eos) request.stop_ids = tokenizer_.eos_ids();
    check(request);
    return request;
  }

 private:
  void check(const GenerateRequest& request) const {
    check_range(request);
    if (request.prompt.empty()) throw UserError("the prompt has no tokens");
    for (std::int32_t id : request.prompt) {
      if (id < 0 || id >= info_.vocab_rows)
        throw UserError("token id outside the vocabulary: " + std::to_string(id));
    }
    for (const std::string& stop : request.stop) {
      if (stop.empty()) throw UserError("a stop string must not be empty");
    }
    if (static_cast<int>(request.prompt.size()) >=
        info_.max_length + (request.max_new_tokens == 0)) {
      throw UserError("the prompt has " + std::to_string(request.prompt.size()) +
                      " tokens; the context limit is " + std::to_string(info_.max_length));
    }
  }

  const Options& options_;
  const Tokenizer& tokenizer_;
  const EngineInfo& info_;
};

Json result_line(const Json& id, const GenerateResult& result) {
  Json line;
  line["id"] = id;
  line["tokens"] = result.tokens;
  line["text"] = result.text;
  line["logprobs"] = result.logprobs;
  line["finish_reason"] = result.finish_reason;
  return line;
}

}  // namespace

int command_generate(const Options& given, Progress& progress) {
  Options options = given;
  if (options.prompt.empty() == options.prompts_file.empty())
    throw UserError("give either --prompt TEXT or --prompts FILE.jsonl");
  options.model = settle_model_flags(options.model, progress);
  auto tokenizer = open_tokenizer(options.model);
  auto engine = open_engine(options.model, progress);
  const Reader reader(options, *tokenizer, engine->info());

  std::vector<GenerateLine> lines;
  std::vector<GenerateRequest> requests;
  const auto add = [&](int number, const std::string& text) {
    lines.push_back({number - 1, "", 0});
    try {
      const Json line = parse_json(text, "line " + std::to_string(number));
      if (!line.is_object()) throw UserError("a line must be an object");
      if (line.contains("id")) lines.back().id = line["id"];
      requests.push_back(reader.request_of(line));
      lines.back().request = requests.size() - 1;
    } catch (const UserError& error) {
      lines.back().error = error.what();
    }
  };
  const bool one_prompt = options.prompts_file.empty();
  if (one_prompt) {
    requests.push_back(reader.request_of(Json{{"prompt", options.prompt}}));
    lines.push_back({0, "", 0});
  } else {
    for_each_line(options.prompts_file, add);
  }

  std::vector<GenerateResult> results(requests.size());
  std::size_t done = 0;
  const bool complete = engine->generate(
      requests, *tokenizer,
      [&](std::size_t index, GenerateResult&& result) {
        results[index] = std::move(result);
        progress.update("generated", static_cast<std::int64_t>(++done),
                        static_cast<std::int64_t>(results.size()));
      },
      [] {}, interrupt_flag());
  if (!complete) return kInterrupted;
  note_operation_times(*engine, options.model, progress);
  progress.note(speed_line(engine->counters()));

  bool all_good = true;
  for (const GenerateLine& line : lines) {
    const std::string& error = line.error.empty() ? results[line.request].error : line.error;
    all_good &= error.empty();
    if (!error.empty()) {
      if (one_prompt && !options.json) throw UserError(error);
      print_line(compact_json(Json{{"id", line.id}, {"error", error}}));
    } else if (one_prompt && !options.json) {
      print_line(results[line.request].text);
    } else {
      print_line(compact_json(result_line(line.id, results[line.request])));
    }
  }
  return all_good ? kDone : kUserError;
}

}  // namespace flm
