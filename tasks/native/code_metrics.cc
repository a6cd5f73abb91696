#include "tasks/native/code_metrics.h"

#include <algorithm>

namespace flm {
namespace {

std::vector<std::int64_t> ks_of(const NativeArguments& arguments) {
  const PyValue* k = find_argument(arguments, "k");
  if (!k || k->is_none()) throw UserError("pass_at_k wants k: a number or a list of numbers");
  if (k->is_int()) return {k->as_int()};
  std::vector<std::int64_t> all;
  for (const PyValue& one : k->items()) all.push_back(one.as_int());
  return all;
}

std::vector<std::string> names_of(const std::vector<std::int64_t>& ks) {
  std::vector<std::string> names;
  for (std::int64_t k : ks) names.push_back("pass@" + std::to_string(k));
  return names;
}

std::vector<CodeProgram> programs(const PyValue& reference, const PyValue& prediction) {
  const std::string tests = reference.str();
  if (prediction.is_string()) return {{prediction.as_string(), tests}};
  std::vector<CodeProgram> all;
  for (const PyValue& one : prediction.items()) all.push_back({one.str(), tests});
  return all;
}

MetricValues values(std::span<const CodeOutcome> outcomes, const std::vector<std::int64_t>& ks,
                    const std::vector<std::string>& names) {
  const auto samples = static_cast<std::int64_t>(outcomes.size());
  const auto passing = std::count_if(outcomes.begin(), outcomes.end(), [](const CodeOutcome& one) {
    return one.verdict == Verdict::kPass;
  });
  MetricValues out;
  for (std::size_t i = 0; i < ks.size(); ++i) {
    if (ks[i] > samples)
      throw UserError("too few samples of an item for " + names[i] + ": repeats gives " +
                      std::to_string(samples));
    out.push_back({names[i], {pass_at_k(samples, passing, ks[i])}});
  }
  return out;
}

}  // namespace

double pass_at_k(std::int64_t samples, std::int64_t passing, std::int64_t k) {
  if (samples - passing < k) return 1.0;
  double product = 1.0;
  for (std::int64_t i = samples - passing + 1; i <= samples; ++i)
    product *= 1.0 - static_cast<double>(k) / static_cast<double>(i);
  return 1.0 - product;
}

NativeMetric pass_at_k_metric() {
  NativeMetric metric;
  metric.names = [](const NativeArguments& arguments) { return names_of(ks_of(arguments)); };
  metric.programs = programs;
  metric.judged = [names = metric.names](std::span<const CodeOutcome> outcomes,
                                         const NativeArguments& arguments) {
    return values(outcomes, ks_of(arguments), names(arguments));
  };
  return metric;
}

NativeMetric pass_at_k_of_self_tests() {
  const auto ks = [](const NativeArguments& arguments) {
    const PyValue* k = find_argument(arguments, "k");
    return !k || k->is_none() ? std::vector<std::int64_t>{1} : ks_of(arguments);
  };
  NativeMetric metric;
  metric.names = [ks](const NativeArguments& arguments) { return names_of(ks(arguments)); };
  metric.programs = [](const PyValue&, const PyValue& prediction) {
    return programs(PyValue(""), prediction);
  };
  metric.judged = [ks](std::span<const CodeOutcome> outcomes, const NativeArguments& arguments) {
    return values(outcomes, ks(arguments), names_of(ks(arguments)));
  };
  return metric;
}

NativeMetric pass_at_1_metric(const std::string& name) {
  NativeMetric metric;
  metric.names = [name](const NativeArguments&) { return std::vector<std::string>{name}; };
  metric.programs = programs;
  metric.judged = [name](std::span<const CodeOutcome> outcomes, const NativeArguments&) {
    return values(outcomes, {1}, {name});
  };
  return metric;
}

FilterFunction program_of_each(
    std::function<std::string(const std::string& response, const PyValue& doc)> program) {
  return [program = std::move(program)](const PyValue& responses, const PyValue& doc,
                                        const NativeArguments&) {
    PyList out;
    for (const PyValue& response : responses.items())
      out.emplace_back(program(response.str(), doc));
    return PyValue(std::move(out));
  };
}

}  // namespace flm
