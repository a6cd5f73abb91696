// Unicode's normalization forms, accents and case, as the tokenizers library has them.
#pragma once

#include <string_view>

#include "engine/tokenizer/normalizers/normalized.h"

namespace flm {

enum class UnicodeForm { kNfc, kNfd, kNfkc, kNfkd };

/// By the data of Unicode 9.0, which the library has for these: later characters stay as they are.
Normalized to_form(UnicodeForm form, Normalized text);

/// Without the marks of Unicode 9.0.
Normalized without_accents(const Normalized& text);

/// Each character alone in lower case, by Unicode 17.0 ("Σ" is "σ" at a word's end too).
Normalized in_lower_case(const Normalized& text);

}  // namespace flm
