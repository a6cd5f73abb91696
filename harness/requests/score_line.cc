#include "harness/requests/score_line.h"

#include "base/errors.h"
#include "base/text/printable.h"
#include "harness/requests/over_long.h"
#include "harness/requests/token_line.h"

namespace flm {
namespace {

/// Where scoring begins: "first_scored", or behind the first token.
std::int32_t first_scored(const Json& object, std::size_t tokens) {
  if (!object.contains("first_scored")) return 1;
  const Json& first = object["first_scored"];
  if (!first.is_number_integer() || first < 1 || first > tokens)
    throw UserError("\"first_scored\" must be a whole number from 1 to the number of tokens, " +
                    std::to_string(tokens) + ": " + first.dump());
  return first.get<std::int32_t>();
}

ScoreRequest request_of_text(const std::string& text, const ScoreLineRules& rules) {
  ScoreRequest request;
  request.tokens = rules.tokenizer().encode_ids(text);
  if (request.tokens.empty()) throw UserError("the text has no tokens");
  return request;
}

ScoreRequest score_request_of(const Json& object, const ScoreLineRules& rules) {
  if (object.contains("tokens")) {
    ScoreRequest request;
    request.tokens = token_list(object["tokens"], rules.vocab_rows);
    request.first_scored = first_scored(object, request.tokens.size());
    return request;
  }
  if (object.contains("first_scored"))
    throw UserError("\"first_scored\" counts tokens; give \"tokens\" with it: " +
                    object["first_scored"].dump());
  if (object.contains("text") && object["text"].is_string())
    return request_of_text(object["text"].get<std::string>(), rules);
  throw UserError("a line needs \"tokens\" or \"text\"");
}

/// Into the model's context, or a UserError.
void fit(ScoreLine& line, const ScoreLineRules& rules) {
  ScoreRequest& request = line.request;
  const std::int64_t inputs = std::ssize(request.tokens) - 1;
  if (inputs <= rules.max_length) return;
  const auto cut = rules.truncate_left ? cut_left(request, rules.max_length) : std::nullopt;
  if (!cut)
    throw UserError("needs " + std::to_string(inputs) + " model inputs; the context limit is " +
                    std::to_string(rules.max_length) +
                    "; score it in several lines of tokens, with \"first_scored\" behind those "
                    "that are context alone" +
                    (inputs - rules.max_length < request.first_scored
                         ? ", or give --over-long truncate-left"
                         : ""));
  line.cut = *cut;
}

}  // namespace

ScoreLine read_score_line(const std::string& line, const std::string& origin, Json id,
                          const ScoreLineRules& rules) {
  ScoreLine out;
  out.id = std::move(id);
  try {
    const Json object = parse_json(line, origin);
    if (!object.is_object()) throw UserError("a line must be an object: " + printable(line));
    if (object.contains("id")) out.id = object["id"];
    out.request = score_request_of(object, rules);
    out.request.top_k = rules.top_k;
    fit(out, rules);
  } catch (const UserError& error) {
    out.error = error.what();
  }
  return out;
}

ScoreLine score_line_of_text(const std::string& text, Json id, const ScoreLineRules& rules) {
  ScoreLine out;
  out.id = std::move(id);
  try {
    out.request = request_of_text(text, rules);
    out.request.top_k = rules.top_k;
    fit(out, rules);
  } catch (const UserError& error) {
    out.error = error.what();
  }
  return out;
}

}  // namespace flm
