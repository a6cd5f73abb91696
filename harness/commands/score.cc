#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/system/files.h"
#include "base/text/printable.h"
#include "harness/commands/answered_lines.h"
#include "harness/commands/commands.h"
#include "harness/model/engine_speed.h"
#include "harness/model/model_access.h"
#include "harness/process/exit_code.h"
#include "harness/process/interrupt.h"
#include "harness/requests/score_line.h"
#include "harness/terminal/jsonl.h"

namespace flm {
namespace {

/// The lines of the input; those without an error are requests, in order.
class ScoreReader {
 public:
  /// `tokenizer`: null for a model that has none, of which texts are refused.
  ScoreReader(const Options& options, const Engine& engine, std::unique_ptr<Tokenizer> tokenizer)
      : options_(options), tokenizer_(std::move(tokenizer)) {
    rules_.vocab_rows = engine.info().vocab_rows;
    rules_.max_length = engine.info().max_length;
    rules_.top_k = options.top;
    rules_.truncate_left = options.model.over_long == "truncate-left";
    rules_.tokenizer = [this]() -> const Tokenizer& {
      if (!tokenizer_) tokenizer_ = open_tokenizer(options_.model);
      return *tokenizer_;
    };
  }

  std::vector<ScoreLine> read() {
    if (!options_.text_file.empty())  // an unreadable file is the command's error
      return {score_line_of_text(read_file(options_.text_file), "text", rules_)};
    std::vector<ScoreLine> lines;
    for_each_line(options_.tokens_file, [&](int number, const std::string& line) {
      const std::string origin = options_.tokens_file + ":" + std::to_string(number);
      lines.push_back(read_score_line(line, origin, number - 1, rules_));
    });
    return lines;
  }

 private:
  const Options& options_;
  std::unique_ptr<Tokenizer> tokenizer_;
  ScoreLineRules rules_;
};

/// Places in `tokens` whose log-probability is -inf, which JSON writes as null.
Json impossible_places(const ScoreRequest& request, const ScoreResult& result) {
  Json places = Json::array();
  for (std::size_t i = 0; i < result.logprobs.size(); ++i)
    if (std::isinf(result.logprobs[i]))
      places.push_back(i + static_cast<std::size_t>(request.first_scored));
  return places;
}

/// The lists are as long as the tokens, with a null for the first; where scoring begins later, they
/// hold what was scored alone.
std::string result_line(const ScoreLine& of, const ScoreRequest& request,
                        const ScoreResult& result) {
  Json line;
  line["id"] = of.id;
  if (of.cut > 0) line["cut"] = of.cut;
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
  if (Json places = impossible_places(request, result); !places.empty())
    line["impossible"] = std::move(places);
  if (request.top_k > 0) {
    Json top = start;
    for (const auto& entries : result.top) {
      Json row = Json::array();
      for (const auto& [token, logprob] : entries) row.push_back({token, logprob});
      top.push_back(std::move(row));
    }
    line["top"] = std::move(top);
  }
  return compact_json(line);
}

}  // namespace

int command_score(const Options& given, Progress& progress) {
  Options options = given;
  if (options.text_file.empty() == options.tokens_file.empty())
    throw UserError("give either --text FILE or --tokens FILE.jsonl");
  options.model = settle_model_flags(options.model, progress);
  refuse_replay("score", options.model);
  auto engine = open_engine(options.model, progress);
  const bool own_tokenizer =
      options.model.model.rfind("synthetic:", 0) != 0 || !options.model.tokenizer.empty();
  std::unique_ptr<Tokenizer> tokenizer;  // a broken one is refused even where ids are given
  if (own_tokenizer) tokenizer = open_tokenizer(options.model);
  ScoreReader reader(options, *engine, std::move(tokenizer));
  AnsweredLines<ScoreLine, ScoreResult> lines(reader.read(), result_line);
  lines.answer(
      [&](const auto& requests, const auto& sink, const auto& commit) {
        return engine->score(requests, sink, commit, interrupt_flag());
      },
      "scored", progress);
  note_operation_times(*engine, options.model, progress);
  progress.note(speed_line(engine->counters()));
  lines.require_all_good();
  return kDone;
}

}  // namespace flm
