// Metrics of generated code, as Hugging Face's code_eval computes them.
#pragma once

#include "tasks/native/native_functions.h"
#include "tasks/sandbox/sandbox.h"

namespace flm {

/// 1 - C(n - c, k) / C(n, k) for n samples of which c pass: Chen et al. 2021, in product form.
double pass_at_k(std::int64_t samples, std::int64_t passing, std::int64_t k);

/// pass@k for every k of the argument `k` (a number or a list); every prediction is a program.
NativeMetric pass_at_k_metric();

/// The same where each prediction holds its own tests; without `k` pass@1.
NativeMetric pass_at_k_of_self_tests();

/// pass@1 under the name `name`.
NativeMetric pass_at_1_metric(const std::string& name);

/// A filter that makes a program of each response.
FilterFunction program_of_each(
    std::function<std::string(const std::string& response, const PyValue& doc)> program);

}  // namespace flm
