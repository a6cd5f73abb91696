#include "reports/compare/logs/sample_line.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/documents/foreign_json.h"
#include "base/errors.h"
#include "reports/compare/logs/digest.h"
#include "reports/compare/logs/json_part.h"
#include "reports/store/choice_requests.h"
#include "reports/store/right_choice.h"

namespace flm {
namespace {

/// A number, true or false, or a number as text, which is how log-likelihoods are logged.
std::optional<double> number_of(const Json& value) {
  if (value.is_boolean()) return value.get<bool>() ? 1.0 : 0.0;
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return std::nullopt;
  const std::string& text = value.get_ref<const std::string&>();
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') return std::nullopt;
  return number;
}

/// "[9.9e-01 5.0e-03]", a list of numbers as numpy prints it; empty where it is none, or where
/// numpy left some out ("...").
std::vector<double> printed_numbers(const std::string& text) {
  std::vector<double> out;
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') return out;
  std::istringstream words(text.substr(1, text.size() - 2));
  for (std::string word; words >> word;) {
    const auto number = number_of(word);
    if (!number) return {};
    out.push_back(*number);
  }
  return out;
}

/// Of a metric: one number or a list of them; empty where it is neither.
std::vector<double> numbers_of(const Json& value) {
  std::vector<double> out;
  if (!value.is_array()) {
    if (const auto number = number_of(value)) out.push_back(*number);
    return out;
  }
  for (const Json& part : value) {
    if (part.is_array()) {  // [gold, [probabilities]]
      const std::vector<double> inner = numbers_of(part);
      if (inner.empty()) return {};
      out.insert(out.end(), inner.begin(), inner.end());
      continue;
    }
    if (const auto number = number_of(part)) {
      out.push_back(*number);
      continue;
    }
    const auto printed = printed_numbers(part.is_string() ? part.get<std::string>() : "");
    if (printed.empty()) return {};
    out.insert(out.end(), printed.begin(), printed.end());
  }
  return out;
}

/// What the line says of a metric. Corpus metrics are logged as [reference, answer], and a pair of
/// years is no pair of numbers.
std::vector<double> values_of_metric(const Json& value, const std::string& metric,
                                     const TextStatistics& statistics) {
  const bool texts =
      value.is_array() && value.size() == 2 && value[0].is_string() && value[1].is_string();
  if (texts && statistics) {
    std::vector<double> out =
        statistics(metric, value[1].get<std::string>(), value[0].get<std::string>());
    if (!out.empty()) return out;
  }
  if (metric == "bypass" && value.is_null()) return {999};  // what it is of every item
  return numbers_of(value);
}

/// {"gen_args_0": {"arg_0": ..., "arg_1": ...}, ...} -> [[..., ...], ...] by the numbers: a log
/// with sorted keys has gen_args_10 before gen_args_2.
Json requests_of(const Json& arguments) {
  const auto by_number = [](const Json& object) {
    std::map<std::pair<std::size_t, std::string>, const Json*> order;  // of two the shorter is less
    for (const auto& [name, value] : object.items()) {
      const std::string digits = name.substr(name.find_last_not_of("0123456789") + 1);
      order[{digits.size(), digits}] = &value;
    }
    return order;
  };
  Json out = Json::array();
  if (arguments.is_array()) {  // older versions: [[arg_0, arg_1], ...]
    for (const Json& request : arguments)
      if (!request.is_array()) return out;
    return arguments;
  }
  if (!arguments.is_object()) return out;
  for (const auto& [number, request] : by_number(arguments)) {
    if (!request->is_object()) return Json::array();
    Json parts = Json::array();
    for (const auto& [position, part] : by_number(*request)) parts.push_back(*part);
    out.push_back(std::move(parts));
  }
  return out;
}

std::string text_of(const Json& line, const char* key) {
  const auto found = line.find(key);
  if (found == line.end() || found->is_null()) return "";
  return found->is_string() ? found->get<std::string>() : python_json_dumps(*found);
}

Json object_of(std::string_view line, const std::string& where) {
  Json json = parse_foreign_json(line, where);
  if (!json.is_object() || !json.contains("doc_id") || !json["doc_id"].is_number_integer())
    throw UserError(where +
                    ": no sample of lm-evaluation-harness or flmeval: an object with a "
                    "\"doc_id\" is wanted");
  return json;
}

/// The names under "metrics", which old versions lack: then every number behind the known keys.
std::vector<std::string> metric_names(const Json& line) {
  std::vector<std::string> names;
  if (const Json& listed = part(line, "metrics"); listed.is_array()) {
    for (const Json& name : listed)
      if (name.is_string()) names.push_back(name.get<std::string>());
    return names;
  }
  for (const auto& [key, value] : line.items())
    if (key != "doc_id" && !numbers_of(value).empty() && !value.is_string() && key != "doc" &&
        key != "target" && key != "resps" && key != "filtered_resps" && key != "arguments")
      names.push_back(key);
  return names;
}

/// Why the item has no score; "" where it has one.
std::string problem_of(const Json& line) {
  const std::string status = text_of(line, "status"), message = text_of(line, "message");
  if (status.empty() || status == "ok" || status == "unanswerable") return "";
  return status + (message.empty() ? "" : ": " + message);
}

bool is_blank(const Json& value) {
  if (!value.is_array()) return value.is_null() || value == "nan";
  return std::all_of(value.begin(), value.end(), is_blank);
}

/// Responses, or what the filter left of them; none where an item without a score has blanks in
/// their place.
Json answers_of(const Json& line, const char* key) {
  const Json& logged = part(line, key);
  return !problem_of(line).empty() && is_blank(logged) ? Json::array() : logged;
}

/// A text's digest under the log's own hash where it has one.
Digest digest_under(const Json& line, const char* hash, const std::string& text) {
  const std::string hex = text_of(line, hash);
  return hex.empty() ? digest_of(text) : digest_of_hex(hex);
}

bool asks_twice(const Json& line) { return line.contains("acc_mutual_info"); }

std::string first_prompt(const Json& requests) {
  if (requests.empty() || requests[0].empty()) return "";
  return requests[0][0].is_string() ? requests[0][0].get<std::string>()
                                    : python_json_dumps(requests[0][0]);
}

RightAnswer right_answer(const Json& line) {
  RightAnswer out{text_of(line, "target"), number_of(part(line, "acc"))};
  if (const auto margin = number_of(part(line, "gold_margin"))) out.gold_margin = *margin;
  return out;
}

/// What follows each request's context; "" where it is no text.
std::vector<std::string_view> continuations(const Json& requests) {
  std::vector<std::string_view> out;
  for (const Json& request : requests)
    out.push_back(request.size() > 1 && request[1].is_string()
                      ? std::string_view(request[1].get_ref<const std::string&>())
                      : std::string_view());
  return out;
}

AnsweredChoices answered(const std::vector<double>& log_likelihoods,
                         std::vector<std::string_view> texts, const RightAnswer& right) {
  return {log_likelihoods, std::move(texts), right.target, right.acc, right.gold_margin};
}

}  // namespace

std::vector<double> log_likelihoods_of(const Json& responses) {
  std::vector<double> out;
  if (!responses.is_array()) return out;
  for (const Json& request : responses) {  // of each: its repeats, of each {value, is_greedy}
    if (!request.is_array() || request.empty() || !request[0].is_array() || request[0].empty())
      return {};
    const auto number = number_of(request[0][0]);
    if (!number) return {};
    out.push_back(*number);
  }
  return out;
}

double size_of(const std::vector<double>& log_likelihoods) {
  double out = 0;
  for (const double value : log_likelihoods)
    if (std::isfinite(value)) out = std::max(out, std::fabs(value));
  return out;
}

SampleLine parse_sample_line(std::string_view line, const std::string& where,
                             const TextStatistics& statistics) {
  const Json json = object_of(line, where);
  SampleLine out;
  out.item.doc_id = json["doc_id"].get<std::int64_t>();
  out.filter = json.contains("filter") ? text_of(json, "filter") : "none";
  const Json requests = requests_of(part(json, "arguments"));
  out.has_requests = !requests.empty();
  out.item.requests = digest_of_requests(requests);
  const std::string target = text_of(json, "target");
  out.item.document = digest_under(json, "doc_hash", text_of(json, "doc"));
  out.item.target = digest_under(json, "target_hash", target);
  out.item.prompt = digest_under(json, "prompt_hash", first_prompt(requests));
  out.item.problem = problem_of(json);
  const Json responses = answers_of(json, "resps");
  const std::vector<double> values = log_likelihoods_of(of_choices(asks_twice(json), responses));
  out.item.margin = right_margin(answered(values, continuations(requests), right_answer(json)));
  out.item.size = size_of(log_likelihoods_of(responses));
  std::string answer =
      python_json_dumps(responses) + python_json_dumps(part(json, "filtered_resps"));
  for (const std::string& name : metric_names(json)) {
    std::vector<double> numbers = values_of_metric(part(json, name.c_str()), name, statistics);
    answer += name + python_json_dumps(part(json, name.c_str()));
    if (!out.item.problem.empty()) numbers.clear();
    out.values.emplace_back(name, std::move(numbers));
  }
  out.answer = digest_of(answer);
  return out;
}

ItemText item_text(const Json& requests, const Json& responses, const Json& filtered,
                   const RightAnswer& right) {
  ItemText out;
  out.target = right.target;
  const std::string prompt = first_prompt(requests);
  if (!prompt.starts_with("sha256:")) out.prompt = prompt;
  out.log_likelihoods = log_likelihoods_of(responses);
  for (const Json& request : requests)
    if (request.size() > 1 && request[1].is_string())
      out.choices.push_back(request[1].get<std::string>());
  if (out.choices.size() != out.log_likelihoods.size())
    out.choices.resize(out.log_likelihoods.size());
  out.gold =
      right_choice(answered(out.log_likelihoods, {out.choices.begin(), out.choices.end()}, right));
  if (!out.log_likelihoods.empty()) return out;
  for (const Json& request : responses) {
    if (request.is_string()) out.answers.push_back(request.get<std::string>());
    if (!request.is_array()) continue;
    for (const Json& answer : request)
      out.answers.push_back(answer.is_string() ? answer.get<std::string>()
                                               : python_json_dumps(answer));
  }
  for (const Json& answer : filtered)
    out.extracted += (out.extracted.empty() ? "" : "\n") +
                     (answer.is_string() ? answer.get<std::string>() : python_json_dumps(answer));
  return out;
}

ItemText text_of_sample_line(std::string_view line, const std::string& where) {
  const Json json = object_of(line, where);
  ItemText out = item_text(of_choices(asks_twice(json), requests_of(part(json, "arguments"))),
                           of_choices(asks_twice(json), answers_of(json, "resps")),
                           answers_of(json, "filtered_resps"), right_answer(json));
  out.unconditional =
      log_likelihoods_of(without_prompt(asks_twice(json), answers_of(json, "resps")));
  out.doc_id = json["doc_id"].get<std::int64_t>();
  return out;
}

}  // namespace flm
