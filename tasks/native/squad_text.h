// Answers in words compared as SQuAD's evaluation does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace flm {

/// Without ASCII punctuation.
std::string without_punctuation(std::string_view text);

/// Lower case, without punctuation and the words a, an, the; white space made single.
std::string squad_normalised(const std::string& text);

/// 1 where the normalised texts are equal.
double squad_exact(const std::string& gold, const std::string& predicted);
/// F1 of two lists of words, with repetitions; 0 where they share none.
double shared_words_f1(const std::vector<std::string>& gold,
                       const std::vector<std::string>& predicted);
/// The same; two empty lists are equal.
double words_f1(const std::vector<std::string>& gold, const std::vector<std::string>& predicted);
/// F1 of the normalised words, with repetitions.
double squad_f1(const std::string& gold, const std::string& predicted);

}  // namespace flm
