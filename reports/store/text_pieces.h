// Where long texts of samples are cut, so that what they share lies in pieces of its own.
#pragma once

#include <string_view>
#include <vector>

namespace flm {

/// `json` (SampleRecord::doc_json, arguments_json) in pieces, in order; together they are `json`.
/// Cuts lie at the ends of its strings and behind their blank lines, wherever else the text is
/// from: equal prompts, and equal beginnings of prompts, are cut into equal pieces. A string of n
/// bytes has O(log n) of them.
std::vector<std::string_view> text_pieces(std::string_view json);

}  // namespace flm
