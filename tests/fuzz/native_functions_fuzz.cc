// tasks/native: whatever the rows of a data set and a model's answer hold, each function that a
// task file can name gives a value or a UserError. An input is a line of JSON, a row or a list of
// rows, and the answer below it.
#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/documents/json.h"
#include "base/errors.h"
#include "base/text/utf8.h"
#include "tasks/native/native_functions.h"
#include "tasks/sandbox/sandbox.h"
#include "tests/fuzz/message.h"

namespace {

using Rows = std::vector<flm::Json>;

/// Rows are objects, whatever their columns are.
Rows rows_of(const flm::Json& json) {
  Rows rows;
  for (const flm::Json& one : json.is_array() ? json : flm::Json::array({json}))
    if (one.is_object()) rows.push_back(one);
  return rows;
}

std::vector<flm::RequestAnswer> answers_with(const std::string& text) {
  std::vector<flm::RequestAnswer> answers(4);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    answers[i].logprob = -0.5 - static_cast<double>(i);
    answers[i].is_greedy = i == 0;
    answers[i].tokens = 2;
    answers[i].texts = {text};
  }
  return answers;
}

template <class Call>
void call(const Call& one) {
  try {
    one();
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
}

/// Calls `one` with every function of a kind.
template <class Functions, class Call>
void call_each(const Functions& functions, const Call& one) {
  for (const auto& entry : functions) call([&] { one(entry.second); });
}

void ask(const flm::PyValue& doc, const std::string& answer) {
  const flm::NativeFunctions& all = flm::native_functions();
  const std::vector<flm::RequestAnswer> answers = answers_with(answer);
  const flm::PyValue responses = flm::PyList{answer, ""}, one = answer;
  call_each(all.doc_values, [&](const auto& value) { value(doc).str(); });
  call_each(all.process_results, [&](const auto& score) { score(doc, {answers, one}); });
  call_each(all.filters, [&](const auto& filter) { filter(responses, doc, {}); });
}

void ask_each(const Rows& rows, const std::string& answer) {
  for (const flm::Json& row : rows) ask(flm::PyValue::from_json(row), answer);
}

void measure(const std::string& answer) {
  call_each(flm::native_functions().metrics, [&](const flm::NativeMetric& metric) {
    if (metric.programs) metric.programs(answer, flm::PyList{answer});
    if (metric.values) metric.values(answer, answer, {});
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(input.find('\n'), size);
  const std::string answer = input.substr(std::min(end + 1, size));
  if (!flm::utf8_valid(answer)) return 0;
  Rows rows;
  call([&] { rows = rows_of(flm::parse_json(input.substr(0, end), "fuzz")); });
  call_each(flm::native_functions().process_docs,
            [&](const auto& change) { ask_each(change(rows), answer); });
  ask_each(rows, answer);
  measure(answer);
  return 0;
}
