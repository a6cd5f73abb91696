#include "harness/requests/replayed_line.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>

#include "base/errors.h"
#include "base/sha256.h"
#include "base/text/printable.h"

namespace flm {
namespace {

/// A logged prompt is the text, or "sha256:HEX" where --log-prompts wrote its hash.
std::string hash_of_prompt(const std::string& logged) {
  const std::string mark = "sha256:";
  return logged.rfind(mark, 0) == 0 && logged.size() == mark.size() + 64
             ? logged.substr(mark.size())
             : sha256_hex(logged);
}

double number_of(const Json& value, const std::string& where) {
  if (value.is_number()) return value.get<double>();
  if (value.is_string()) {
    const std::string text = value.get<std::string>();
    char* end = nullptr;
    const double number = std::strtod(text.c_str(), &end);
    if (end && *end == '\0' && !text.empty()) return number;
  }
  throw UserError(where + ": not a log-probability: " + value.dump());
}

/// gen_args_0, gen_args_1, ... by their numbers: a log with sorted keys has gen_args_10 before
/// gen_args_2.
std::vector<Json> in_order(const Json& arguments) {
  std::map<std::pair<std::size_t, std::string>, Json> by_number;  // of two the shorter is less
  for (const auto& [name, value] : arguments.items()) {
    const std::string digits = name.substr(name.find_last_not_of("0123456789") + 1);
    by_number[{digits.size(), digits}] = value;
  }
  std::vector<Json> out;
  for (auto& [number, value] : by_number) out.push_back(std::move(value));
  return out;
}

bool truth_of(const Json& value) {
  return value.is_boolean() ? value.get<bool>() : value == "True";
}

std::vector<std::string> texts_at(const Json& line, const char* key) {
  return line.contains(key) ? line[key].get<std::vector<std::string>>()
                            : std::vector<std::string>{};
}

/// A request's argument where it is a text: of {"arg_0": ...} or [...].
std::optional<std::string> text_argument(const Json& request, std::size_t position) {
  const Json* found = nullptr;
  if (request.is_array() && position < request.size())
    found = &request[position];
  else if (const auto at = request.find("arg_" + std::to_string(position)); at != request.end())
    found = &*at;
  return found && found->is_string() ? std::optional(found->get<std::string>()) : std::nullopt;
}

/// Of "arguments": the prompts and continuations that it spells out. {"gen_args_0": {"arg_0": ...}}
/// in a log; [[...], ...] where simple_evaluate's samples were written down, and in older versions.
void add_arguments(const Json& logged, ReplayedLine& out) {
  const std::vector<Json> requests =
      logged.is_array() ? logged.get<std::vector<Json>>() : in_order(logged);
  for (const Json& request : requests) {
    if (const auto prompt = text_argument(request, 0))
      out.context_hashes.push_back(hash_of_prompt(*prompt));
    if (const auto continuation = text_argument(request, 1))
      out.continuations.push_back(*continuation);
  }
}

bool is_blank(const Json& value) {
  if (!value.is_array()) return value.is_null() || value == "nan";
  return std::all_of(value.begin(), value.end(), is_blank);
}

/// An item that was not answered has no answer to score again: it is what the log says it is. One
/// that was answered and could not be scored is scored again.
void add_status(const Json& line, ReplayedLine& out) {
  const std::string status = line.value("status", "");
  if (status.empty() || status == "ok" || status == "unanswerable" || !is_blank(out.responses))
    return;
  out.status = status == "over_long" ? status : "error";
  out.message = line.value("message", "");
}

ReplayedLine line_of(const Json& json, const std::string& where, const std::string& file_task) {
  ReplayedLine out;
  out.where = where;
  out.task = json.contains("task") ? json["task"].get<std::string>() : file_task;
  if (out.task.empty())
    throw UserError(where + ": which task? neither a \"task\" key nor a name samples_TASK_*.jsonl");
  if (!json["doc_id"].is_number_integer())
    throw UserError(where + ": doc_id must be a whole number: " + printable(json["doc_id"].dump()));
  out.doc_id = json["doc_id"].get<std::int64_t>();
  out.responses = json["resps"];
  if (!out.responses.is_array())
    throw UserError(where + ": resps must be a list: " + printable(out.responses.dump()));
  out.repeats_flat = json.value("kind", "") == "generate_until";
  out.context_hashes = texts_at(json, "context_hashes");
  out.continuations = texts_at(json, "continuations");
  if (json.contains("arguments") && json["arguments"].is_structured())
    add_arguments(json["arguments"], out);
  if (out.context_hashes.empty() && json.contains("prompt_hash"))
    out.context_hashes = {json["prompt_hash"].get<std::string>()};
  add_status(json, out);
  return out;
}

/// A prompt_hash alone is the first request's; the others share its prompt or have none logged.
void check_prompt(const ReplayedLine& line, std::size_t r, const TaskRequest& request,
                  const std::string& which) {
  const std::size_t logged = line.context_hashes.size();
  if (r >= logged && logged > 1)
    throw UserError(which + ": the log has a prompt for " + std::to_string(logged) +
                    " of its requests only");
  if (r < logged && line.context_hashes[r] != sha256_hex(request.context))
    throw UserError(which + ": its prompt differs from the one rendered here");
}

void check_continuation(const ReplayedLine& line, std::size_t r, const TaskRequest& request,
                        const std::string& which) {
  if (request.kind != RequestKind::kLoglikelihood || r >= line.continuations.size()) return;
  if (line.continuations[r] != request.continuation)
    throw UserError(which + ": its continuation differs: \"" + line.continuations[r] +
                    "\", here \"" + request.continuation + "\"");
}

std::vector<std::string> generated_texts(const Json& response, const std::string& which) {
  std::vector<std::string> out;
  for (const Json& text : response) {
    if (!text.is_string())
      throw UserError(which + ": not a generated text: " + printable(text.dump()));
    out.push_back(text.get<std::string>());
  }
  return out;
}

RequestAnswer scored(Json response, const std::string& which) {
  while (response.is_array() && !response.empty() && response[0].is_array())
    response = Json(response[0]);
  const bool pair = response.is_array();
  if (response.is_object() || (pair && response.empty()))
    throw UserError(which + ": not a log-probability: " + printable(response.dump()));
  RequestAnswer answer;
  answer.logprob = number_of(pair ? response.at(0) : response, which);
  answer.is_greedy = pair && response.size() > 1 && truth_of(response[1]);
  return answer;
}

}  // namespace

ReplayedLine read_replayed_line(const std::string& text, const std::string& where,
                                const std::string& file_task) {
  const Json json = parse_json(text, where);
  if (!json.is_object() || !json.contains("doc_id") || !json.contains("resps"))
    throw UserError(where + ": not a logged sample: it lacks doc_id or resps");
  try {
    return line_of(json, where, file_task);
  } catch (const Json::exception& error) {
    throw UserError(where + ": a logged sample with a value of the wrong type: " + error.what());
  }
}

std::vector<RequestAnswer> replayed_answers(const ReplayedLine& line, const TaskItem& item) {
  const std::string name = line.task + " document " + std::to_string(item.doc_id);
  const bool answered = line.status.empty();
  const bool says_none = !answered && line.responses.empty();
  const std::size_t count = says_none           ? item.requests.size()
                            : line.repeats_flat ? 1
                                                : line.responses.size();
  if (count != item.requests.size())
    throw UserError(line.where + ": " + name + " has " + std::to_string(item.requests.size()) +
                    " requests here, the log has " + std::to_string(count));
  std::vector<RequestAnswer> answers(item.requests.size());
  for (std::size_t r = 0; r < item.requests.size(); ++r) {
    const TaskRequest& request = item.requests[r];
    const std::string which = line.where + ": " + name + " request " + std::to_string(r);
    check_prompt(line, r, request, which);
    check_continuation(line, r, request, which);
    if (!answered) continue;
    const Json& response = line.repeats_flat ? line.responses : line.responses[r];
    if (request.kind == RequestKind::kGenerate)
      answers[r].texts = generated_texts(response, which);
    else
      answers[r] = scored(response, which);
  }
  return answers;
}

}  // namespace flm
