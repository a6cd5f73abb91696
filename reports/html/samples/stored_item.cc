#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/text/utf8.h"
#include "reports/html/samples/report_samples.h"
#include "reports/store/choice_requests.h"
#include "reports/store/right_choice.h"
#include "reports/store/sample_parts.h"

namespace flm {
namespace {

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : compact_json(value);
}

/// Of [["-4.09", "False"]] or ["-4.09"], as logged; NaN where there is none.
double first_number(const Json& response) {
  if (response.is_array()) return response.empty() ? NAN : first_number(response[0]);
  if (response.is_number()) return response.get<double>();
  return response.is_string() ? std::strtod(text_of(response).c_str(), nullptr) : NAN;
}

/// The i-th argument of every request, "" where it is no text.
std::vector<std::string> column(const Json& arguments, std::size_t i) {
  std::vector<std::string> out;
  for (const Json& request : arguments)
    out.push_back(request.size() > i && request[i].is_string() ? request[i].get<std::string>()
                                                               : "");
  return out;
}

bool all_equal(const std::vector<std::string>& texts) {
  return std::adjacent_find(texts.begin(), texts.end(), std::not_equal_to<>()) == texts.end();
}

/// Bytes that all begin with, whole characters.
std::size_t common_prefix(const std::vector<std::string>& texts) {
  std::size_t length = texts[0].size();
  for (const std::string& text : texts) {
    const std::size_t most = std::min(length, text.size());
    length = static_cast<std::size_t>(
        std::mismatch(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(most),
                      texts[0].begin())
            .first -
        text.begin());
  }
  return utf8_complete_prefix(std::string_view(texts[0]).substr(0, length));
}

void add_choices(ItemText& out, const Json& arguments, const Json& responses) {
  const std::vector<std::string> contexts = column(arguments, 0);
  out.choices = column(arguments, 1);
  out.prompt = contexts[0];
  if (!all_equal(contexts)) {
    const std::size_t shared = common_prefix(contexts);
    out.prompt = contexts[0].substr(0, shared);
    for (std::size_t i = 0; i < contexts.size(); ++i)
      out.choices[i] = contexts[i].substr(shared) + out.choices[i];
  }
  for (const Json& response : responses) out.log_likelihoods.push_back(first_number(response));
}

void add_answers(ItemText& out, const Json& responses, const Json& filtered) {
  for (const Json& request : responses)
    for (const Json& answer : request) out.answers.push_back(text_of(answer));
  if (filtered.size() == 1) out.extracted = text_of(filtered[0]);
  if (filtered.size() > 1) out.extracted = compact_json(filtered);
}

double value_or_nan(const SampleRecord& sample, const std::string& metric) {
  const std::vector<double>* values = sample.values_of(metric);
  return values && values->size() == 1 ? values->front() : NAN;
}

}  // namespace

ItemText item_text(const TaskRecord& task, const SampleRecord& sample) {
  ItemText out;
  out.doc_id = sample.doc_id;
  out.target = sample.target;
  const Json arguments = of_choices(asks_twice(sample), sample_arguments(sample)),
             responses = of_choices(asks_twice(sample), sample_responses(sample));
  if (arguments.empty() || arguments[0].empty()) return out;
  if (task.output_type == "generate_until") {
    out.prompt = column(arguments, 0)[0];
    add_answers(out, responses, sample_filtered(sample));
  } else if (arguments[0].size() == 1) {  // a whole text
    out.prompt = column(arguments, 0)[0];
    if (out.target == out.prompt) out.target.clear();
    for (const Json& response : responses) out.log_likelihoods.push_back(first_number(response));
  } else {
    add_choices(out, arguments, responses);
    const double margin = value_or_nan(sample, "gold_margin");
    const std::vector<std::string_view> texts(out.choices.begin(), out.choices.end());
    if (!std::isnan(margin))
      out.gold = right_choice({out.log_likelihoods, texts, out.target, {}, margin});
  }
  return out;
}

}  // namespace flm
