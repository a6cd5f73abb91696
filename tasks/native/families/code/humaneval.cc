#include "tasks/native/code_metrics.h"
#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"

namespace flm {
namespace {

std::string completed(const std::string& response, const PyValue& doc) {
  return text_column(doc, "prompt") + response;
}

/// What comes before the fence that closes the code block.
std::string completed_in_fence(const std::string& response, const PyValue& doc) {
  return completed(response.substr(0, response.find("```")), doc);
}

/// The prompt ends before the lines to write, the suffix comes after them.
std::string filled_in(const std::string& response, const PyValue& doc) {
  return completed(response, doc) + text_column(doc, "suffix");
}

}  // namespace

void add_humaneval(NativeFunctions& all) {
  all.metrics["humaneval/utils.pass_at_k"] = pass_at_k_metric();
  all.filters["humaneval/utils.build_predictions"] = program_of_each(completed);
  all.filters["humaneval/utils.build_predictions_instruct"] = program_of_each(completed_in_fence);
  all.metrics["humaneval_infilling/utils.pass_at_k"] = pass_at_k_metric();
  all.filters["humaneval_infilling/utils.build_predictions"] = program_of_each(filled_in);
  all.metrics["code/metrics.pass_at_k"] = pass_at_k_metric();
  all.filters["code/filters.prompt_and_response"] = program_of_each(completed);
}

}  // namespace flm
