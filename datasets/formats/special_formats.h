// Files whose rows are not lines: one data set each.
#pragma once

#include <string>
#include <string_view>

#include "datasets/formats/rows.h"

namespace flm {

/// [[passage lines], [{question, choice, answer}...], id]... -> {id, context, question, choice,
/// answer}, one row a question: the columns of Hugging Face's clue/c3.
SourceRows c3_rows(std::string_view bytes, const std::string& origin);

/// WikiText's raw text -> {page}: a line " = Title = " begins a document.
SourceRows wikitext_rows(std::string_view bytes);

}  // namespace flm
