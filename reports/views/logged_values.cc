#include "reports/views/logged_values.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "reports/store/sample_parts.h"

namespace flm {
namespace {

using Names = std::set<std::string>;

const Names kOfTexts = {"bleu", "chrf", "chrf++", "ter"};
const Names kOfLabels = {"f1", "mcc"};
const Names kOfRolling = {"word_perplexity", "byte_perplexity", "bits_per_byte"};

/// A count or an index, which is an int there.
Json whole(double value) {
  const bool fits = value == std::trunc(value) && std::fabs(value) < 1e15;
  return fits ? Json(static_cast<std::int64_t>(value)) : Json(value);
}

Json numbers(const std::vector<double>& values) {
  return values.size() == 1 ? Json(values[0]) : Json(values);
}

Json value_of_choice(const std::string& metric, const std::vector<double>& values) {
  if (metric == "exact_match" && values.size() == 1) return whole(values[0]);
  if (kOfLabels.contains(metric) && values.size() == 2)
    return Json::array({whole(values[0]), whole(values[1])});
  if (metric == "brier_score" && values.size() > 1)
    return Json::array({whole(values[0]), std::vector<double>(values.begin() + 1, values.end())});
  return numbers(values);
}

/// Whether the answer to a request is a text: its arg_1 are the options of a generation.
bool wants_text(const Json& request) { return request.size() > 1 && request[1].is_object(); }

}  // namespace

LoggedValues::LoggedValues(const TaskRecord& task) : output_type_(task.output_type) {
  if (task.config_json.empty()) return;
  const Json config = parse_json(task.config_json, "config of " + task.task);
  const auto says = [&](const char* key) {
    const auto found = config.find(key);
    return found != config.end() && !found->is_null();
  };
  own_function_ = says("process_results");
  has_choices_ = says("doc_to_choice");
}

/// The numbers where an older record lacks the reference.
Json LoggedValues::texts(const SampleRecord& sample, const std::vector<double>& values) const {
  const Json answers = sample_filtered(sample);
  const bool lacks = has_choices_ && sample.reference.empty();
  if (lacks || answers.size() != 1) return numbers(values);
  return Json::array({has_choices_ ? sample.reference : sample.target, answers[0]});
}

Json LoggedValues::of(const SampleRecord& sample, const std::string& metric,
                      const std::vector<double>& values) const {
  if (own_function_) return numbers(values);
  if (metric == "bypass") return nullptr;
  if (output_type_ == "multiple_choice") return value_of_choice(metric, values);
  if (output_type_ == "loglikelihood" && metric == "acc" && values.size() == 1)
    return whole(values[0]);
  if (output_type_ == "loglikelihood_rolling" && kOfRolling.contains(metric) && values.size() == 2)
    return Json::array({values[0], whole(values[1])});
  if (output_type_ == "generate_until" && kOfTexts.contains(metric) && values.size() > 1)
    return texts(sample, values);
  return numbers(values);
}

Json logged_gap(const std::string& metric) {
  return kOfRolling.contains(metric) ? Json::array({nullptr, nullptr}) : Json();
}

Json blank_filtered(const Json& arguments) {
  Json out = Json::array();
  for (const Json& request : arguments) {
    if (wants_text(request))
      out.push_back(nullptr);
    else if (request.size() > 1)
      out.push_back(Json::array({"nan", nullptr}));
    else
      out.push_back("nan");  // a text's log-likelihood stands alone
  }
  return out;
}

Json blank_responses(const Json& arguments) {
  Json out = Json::array();
  for (Json& one : blank_filtered(arguments)) out.push_back(Json::array({std::move(one)}));
  return out;
}

}  // namespace flm
