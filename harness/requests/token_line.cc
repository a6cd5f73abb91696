#include "harness/requests/token_line.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "base/errors.h"

namespace flm {

std::vector<std::int32_t> token_list(const Json& tokens, int vocab_rows) {
  if (!tokens.is_array() || tokens.empty())
    throw UserError("\"tokens\" must be a list of at least one id");
  std::vector<std::int32_t> ids;
  for (const Json& token : tokens) {
    if (!token.is_number_integer() || token < 0 || token >= vocab_rows) {
      throw UserError("token ids must be whole numbers from 0 to " +
                      std::to_string(vocab_rows - 1) + ": " + token.dump());
    }
    ids.push_back(token.get<std::int32_t>());
  }
  return ids;
}

int whole_number(const Json& line, const char* key, int absent) {
  if (!line.contains(key)) return absent;
  const Json& value = line[key];
  if (!value.is_number_integer() || value < std::numeric_limits<int>::min() ||
      value > std::numeric_limits<int>::max())
    throw UserError(std::string("\"") + key + "\" must be a whole number of at most " +
                    std::to_string(std::numeric_limits<int>::max()) + ": " + value.dump());
  return value.get<int>();
}

double number(const Json& line, const char* key, double absent) {
  if (!line.contains(key)) return absent;
  if (!line[key].is_number())
    throw UserError(std::string("\"") + key + "\" must be a number: " + line[key].dump());
  return line[key].get<double>();
}

}  // namespace flm
