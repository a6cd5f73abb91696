// The parts of records that the store keeps as JSON.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/documents/json.h"
#include "reports/store/record.h"

namespace flm {

// What is decoded is of `place` ("run ID in FILE"), which errors name.

std::string encode_metrics(const std::vector<MetricRecord>& metrics);
std::vector<MetricRecord> decode_metrics(const std::string& json, const std::string& place);

using SampleValues = std::vector<std::pair<std::string, std::vector<double>>>;
/// [["acc",[1.0]],["f1",[1.0,0.0]]], floats as Python's repr: NaN and infinities survive. A
/// SampleRecord::reference stands in the first: [["bleu",[...],"a text"]].
std::string encode_values(const SampleValues& values, const std::string& reference = "");
SampleValues decode_values(const std::string& json, const std::string& place,
                           std::string* reference = nullptr);

std::string encode_groups(const std::vector<GroupRecord>& groups);
std::vector<GroupRecord> decode_groups(const std::string& json, const std::string& place);

/// SampleRecord::arguments_json; an empty array for "". The choices of an item share their context,
/// which is most of the bytes: it is read once.
Json decode_arguments(const std::string& json, const std::string& what, const std::string& place);

}  // namespace flm
