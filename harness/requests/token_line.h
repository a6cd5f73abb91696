// Token ids and numbers in the JSON lines that score and generate read.
#pragma once

#include <cstdint>
#include <vector>

#include "base/documents/json.h"

namespace flm {

/// At least one id, each a whole number from 0 to vocab_rows - 1; else a UserError that shows it.
std::vector<std::int32_t> token_list(const Json& tokens, int vocab_rows);

/// A whole number of an int's range under `key`, or `absent`.
int whole_number(const Json& line, const char* key, int absent);

/// A number under `key`, or `absent`.
double number(const Json& line, const char* key, double absent);

}  // namespace flm
