// Generation over the toy model, and what each answer is by definition.
#pragma once

#include <atomic>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/generation/generator.h"
#include "tests/engine/generation/toy_model.h"

namespace flm {

using Results = std::map<std::size_t, GenerateResult>;

inline const std::atomic<bool> kGoOn{false};

GenerateRequest ask(std::vector<std::int32_t> prompt, int max_new_tokens,
                    const std::vector<std::string>& stop = {}, const Sampling& sampling = {});

/// All results of a run that nothing stops; what was delivered is committed after every step.
Results run(ToyModel& model, const std::vector<GenerateRequest>& requests,
            const GeneratorLimits& limits, GeneratorCounters* counters = nullptr);

/// The same request on its own, without cache or batches: straight from the definition.
GenerateResult expected_result(const GenerateRequest& request, int max_length);

void expect_same(const GenerateResult& actual, const GenerateResult& expected, std::size_t index);

/// Prompts with common prefixes of every length around the page borders, and all kinds of sampling.
std::vector<GenerateRequest> mixed_requests();

/// Rows of inputs computed once each, and the last one of equal inputs once more for each.
std::int64_t rows_of_inputs(const std::vector<std::vector<std::int32_t>>& inputs);

std::vector<std::vector<std::int32_t>> prompts_of(const std::vector<GenerateRequest>& requests);

}  // namespace flm
