// tokenizer_config.json and generation_config.json: any bytes are read or refused by a UserError.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "base/documents/foreign_json.h"
#include "base/errors.h"
#include "engine/tokenizer/config.h"
#include "engine/tokenizer/known_keys.h"
#include "tests/fuzz/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string json(reinterpret_cast<const char*>(data), size);
  try {
    flm::parse_tokenizer_config(json, "fuzz");
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
  try {
    const flm::Json object = flm::parse_foreign_json(json, "fuzz");
    flm::require_object(object, "fuzz");
    flm::generation_config_notes(object, "fuzz");
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
  return 0;
}
