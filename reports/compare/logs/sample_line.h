// One line of a log of samples, as lm-evaluation-harness 0.4 and our --output write it.
#pragma once

#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reports/compare/logs/logged_run.h"

namespace flm {

/// What a corpus metric's aggregation wants of an item (bleu: counts of n-grams), of the two texts
/// that lm-evaluation-harness logs in place of a value; empty for a metric that is none. It is
/// given by whoever sees tasks/; nothing: such metrics have no values.
using TextStatistics = std::function<std::vector<double>(
    const std::string& metric, const std::string& answer, const std::string& reference)>;

/// A document under one filter.
struct SampleLine {
  LoggedItem item;
  bool has_requests = false;  // `item.requests` is filled: the log holds the requests
  std::string filter;
  Digest answer;  // of responses and values: two lines of one item must agree
  std::vector<std::pair<std::string, std::vector<double>>> values;  // in the order of its "metrics"
};

/// UserError "FILE:line: ..." for what is no sample.
SampleLine parse_sample_line(std::string_view line, const std::string& where,
                             const TextStatistics& statistics = {});

/// What a reader wants to see of it.
ItemText text_of_sample_line(std::string_view line, const std::string& where);

/// The largest finite one by size; 0 where there is none.
double size_of(const std::vector<double>& log_likelihoods);

/// The log-likelihoods of an item's requests: [[["-5.25","False"]], ...]; empty where the responses
/// are texts.
std::vector<double> log_likelihoods_of(const Json& responses);

/// What tells of an item which of its choices is right.
struct RightAnswer {
  std::string target;                                             // as logged
  std::optional<double> acc;                                      // its values of these, nats
  double gold_margin = std::numeric_limits<double>::quiet_NaN();  // NaN: not logged
};

/// Fills an item's text from its parts: requests [[arg_0, arg_1], ...], responses and the filter's.
ItemText item_text(const Json& requests, const Json& responses, const Json& filtered,
                   const RightAnswer& right);

}  // namespace flm
