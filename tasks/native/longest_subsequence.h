// Longest common subsequences of words, as both kinds of ROUGE-L walk them.
#pragma once

#include <string>
#include <vector>

namespace flm {

/// [i][j]: words of a longest common subsequence of the first i words of `a` and the first j of
/// `b`.
std::vector<std::vector<int>> common_lengths(const std::vector<std::string>& a,
                                             const std::vector<std::string>& b);

}  // namespace flm
