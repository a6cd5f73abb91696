// English words without their endings.
#pragma once

#include <string>

namespace flm {

/// PorterStemmer().stem(word) of nltk, with its extensions; of a word in lower-case ASCII.
std::string porter_stem(const std::string& word);

}  // namespace flm
