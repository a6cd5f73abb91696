// Metrics of generated code, as Hugging Face's code_eval computes them.
#pragma once

#include "tasks/native/native_functions.h"
#include "tasks/sandbox/sandbox.h"

namespace flm {

/// 1 - C(n - c, k) / C(n, k) for n samples of which c pass: Chen et al. 2021, in product form.
double pass_at_k(std::int64_t samples, std::int64_t passing, std::int64_t k);

/// pass@k for every k of the argument `k` (a number or a list); every prediction is a program.
NativeMetric pass_at_k_metric();

/// pass@1 under the name `name`.
NativeMetric pass_at_1_metric(const std::string& name);

/// A filter that makes a program of each response.
FilterFunction program_of_each(
    std::function<std::string(const std::string& response, const PyValue& doc)> program);

}  // namespace flm
