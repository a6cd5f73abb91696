// The texts of samples as lines of JSON.
#pragma once

#include <string>
#include <vector>

#include "reports/html/samples/sample_list.h"

namespace flm {

/// What the prompts begin with, to the last blank line that all have in common: few-shot examples,
/// an introduction. "" where that is short or there is one prompt alone.
std::string common_header(const std::vector<SampleText>& texts);

/// [prompt without `header`, target, index of the right choice or -1, choices, run, run], a run
/// being [log-likelihoods, answers, extracted answer, message, prompt where it is not the first
/// one's]. One line, so that a search need parse only those that hold its words.
std::string sample_line(const SampleText& text, const std::string& header, bool prompts);

}  // namespace flm
