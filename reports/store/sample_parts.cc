#include "reports/store/sample_parts.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "reports/store/record_json.h"
#include "reports/store/stored_json.h"

namespace flm {
namespace {

std::string place_of_sample(const SampleRecord& sample) {
  const std::string run = sample.place ? *sample.place : "a run";
  return "document " + std::to_string(sample.doc_id) + " of " + sample.task + ", " + run;
}

bool is_stored_list(const Json& value) { return value.is_array(); }

Json list_of(const SampleRecord& sample, const std::string& json, const char* what) {
  if (json.empty()) return Json::array();
  Json out = stored_json(json, what, place_of_sample(sample));
  if (!is_stored_list(out)) refuse_stored(json, what, place_of_sample(sample));
  return out;
}

}  // namespace

Json sample_arguments(const SampleRecord& sample) {
  constexpr const char* kWhat = "arguments";
  Json out = decode_arguments(sample.arguments_json, kWhat, place_of_sample(sample));
  if (!is_stored_list(out) || !std::all_of(out.begin(), out.end(), is_stored_list))
    refuse_stored(sample.arguments_json, kWhat, place_of_sample(sample));
  return out;
}

Json sample_responses(const SampleRecord& sample) {
  return list_of(sample, sample.resps_json, "responses");
}

Json sample_filtered(const SampleRecord& sample) {
  return list_of(sample, sample.filtered_json, "filtered responses");
}

bool asks_twice(const SampleRecord& sample) { return sample.values_of("acc_mutual_info"); }

Json sample_verdicts(const SampleRecord& sample) {
  return list_of(sample, sample.message, "verdicts");
}

Json sample_doc(const SampleRecord& sample) {
  if (sample.doc_json.empty()) return Json::object();
  return stored_json(sample.doc_json, "the document", place_of_sample(sample));
}

}  // namespace flm
