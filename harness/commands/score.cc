#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/system/files.h"
#include "base/text/printable.h"
#include "harness/commands/commands.h"
#include "harness/commands/token_line.h"
#include "harness/model/engine_speed.h"
#include "harness/model/model_access.h"
#include "harness/process/exit_code.h"
#include "harness/process/interrupt.h"
#include "harness/terminal/jsonl.h"

namespace flm {
namespace {

/// Where scoring begins: "first_scored", or behind the first token.
std::int32_t first_scored(const Json& object, std::size_t tokens) {
  if (!object.contains("first_scored")) return 1;
  const Json& first = object["first_scored"];
  if (!first.is_number_integer() || first.get<std::int64_t>() < 1 ||
      first.get<std::int64_t>() > static_cast<std::int64_t>(tokens))
    throw UserError("\"first_scored\" must be a whole number from 1 to the number of tokens, " +
                    std::to_string(tokens) + ": " + first.dump());
  return first.get<std::int32_t>();
}

/// One input line: a request, or what is wrong with it.
struct ScoreLine {
  Json id;
  std::string error;
  std::size_t request = 0;  // index among the good ones
};

struct ScoreInput {
  std::vector<ScoreLine> lines;
  std::vector<ScoreRequest> requests;
};

class Reader {
 public:
  Reader(const Options& options, const Engine& engine) : options_(options), engine_(engine) {}

  ScoreInput read() {
    if (!options_.text_file.empty()) {
      const std::string text =
          read_file(options_.text_file);  // an unreadable file is the command's error
      add(Json("text"), [&] { return ScoreRequest{text_ids(text)}; });
    } else {
      for_each_line(options_.tokens_file,
                    [&](int number, const std::string& line) { add_line(number, line); });
    }
    return std::move(input_);
  }

 private:
  void add_line(int number, const std::string& line) {
    Json object, id = number - 1;
    add(id, [&]() -> ScoreRequest {
      object = parse_json(line, options_.tokens_file + ":" + std::to_string(number));
      if (!object.is_object()) throw UserError("a line must be an object: " + printable(line));
      if (object.contains("id")) input_.lines.back().id = object["id"];
      if (object.contains("tokens")) {
        std::vector<std::int32_t> ids = token_list(object["tokens"], engine_.info().vocab_rows);
        const std::int32_t first = first_scored(object, ids.size());
        return {std::move(ids), first};
      }
      if (object.contains("first_scored"))
        throw UserError("\"first_scored\" counts tokens; give \"tokens\" with it: " +
                        object["first_scored"].dump());
      if (object.contains("text") && object["text"].is_string())
        return {text_ids(object["text"].get<std::string>())};
      throw UserError("a line needs \"tokens\" or \"text\"");
    });
  }

  template <typename Make>
  void add(Json id, Make&& make) {
    input_.lines.push_back({std::move(id), "", 0});
    try {
      ScoreRequest request = make();
      request.top_k = options_.top;
      const auto inputs = static_cast<std::int64_t>(request.tokens.size()) - 1;
      if (inputs > engine_.info().max_length) {
        throw UserError("needs " + std::to_string(inputs) + " model inputs; the context limit is " +
                        std::to_string(engine_.info().max_length));
      }
      input_.lines.back().request = input_.requests.size();
      input_.requests.push_back(std::move(request));
    } catch (const UserError& error) {
      input_.lines.back().error = error.what();
    }
  }

  std::vector<std::int32_t> text_ids(const std::string& text) {
    if (!tokenizer_) tokenizer_ = open_tokenizer(options_.model);
    std::vector<std::int32_t> ids = tokenizer_->encode_ids(text);
    if (ids.empty()) throw UserError("the text has no tokens");
    return ids;
  }

  const Options& options_;
  const Engine& engine_;
  std::unique_ptr<Tokenizer> tokenizer_;
  ScoreInput input_;
};

/// The lists are as long as the tokens, with a null for the first; where scoring begins later, they
/// hold what was scored alone.
Json result_line(const Json& id, const ScoreRequest& request, const ScoreResult& result) {
  Json line;
  line["id"] = id;
  line["tokens"] = request.tokens;
  const bool from_the_first = request.first_scored == 1;
  if (!from_the_first) line["first_scored"] = request.first_scored;
  const Json start = from_the_first ? Json::array({nullptr}) : Json::array();
  Json logprobs = start, argmax = start;
  for (float value : result.logprobs) logprobs.push_back(value);
  for (std::int32_t value : result.argmax) argmax.push_back(value);
  line["logprobs"] = std::move(logprobs);
  line["argmax"] = std::move(argmax);
  line["sum"] = result.sum();
  line["n_scored"] = result.logprobs.size();
  if (request.top_k > 0) {
    Json top = start;
    for (const auto& entries : result.top) {
      Json row = Json::array();
      for (const auto& [token, logprob] : entries) row.push_back({token, logprob});
      top.push_back(std::move(row));
    }
    line["top"] = std::move(top);
  }
  return line;
}

}  // namespace

int command_score(const Options& given, Progress& progress) {
  Options options = given;
  if (options.text_file.empty() == options.tokens_file.empty())
    throw UserError("give either --text FILE or --tokens FILE.jsonl");
  options.model = settle_model_flags(options.model, progress);
  if (is_replay(options.model)) throw UserError("score needs a model, not " + options.model.model);
  auto engine = open_engine(options.model, progress);
  const bool own_tokenizer =
      options.model.model.rfind("synthetic:", 0) != 0 || !options.model.tokenizer.empty();
  if (own_tokenizer)
    open_tokenizer(options.model);  // a broken tokenizer is refused even where ids are given
  const ScoreInput input = Reader(options, *engine).read();

  std::vector<ScoreResult> results(input.requests.size());
  std::size_t done = 0;
  const bool complete = engine->score(
      input.requests,
      [&](std::size_t index, ScoreResult&& result) {
        results[index] = std::move(result);
        progress.update("scored", static_cast<std::int64_t>(++done),
                        static_cast<std::int64_t>(results.size()));
      },
      [] {}, interrupt_flag());
  if (!complete) return kInterrupted;
  note_operation_times(*engine, options.model, progress);
  progress.note(speed_line(engine->counters()));

  bool all_good = true;
  for (const ScoreLine& line : input.lines) {
    const std::string& error = line.error.empty() ? results[line.request].error : line.error;
    if (!error.empty()) {
      all_good = false;
      print_line(compact_json(Json{{"id", line.id}, {"error", error}}));
    } else {
      print_line(
          compact_json(result_line(line.id, input.requests[line.request], results[line.request])));
    }
  }
  return all_good ? kDone : kUserError;
}

}  // namespace flm
