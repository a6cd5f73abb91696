#include "reports/store/stored_json.h"

#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/text/printable.h"
#include "base/text/utf8.h"

namespace flm {
namespace {

constexpr const char* kRemedy = "; give a copy of the store that nobody changed, or run again";

}  // namespace

std::string place_of_run(const std::string& id, const std::string& store) {
  return "run " + id + (store.empty() ? "" : " in " + store);
}

std::string place_of(const RunRecord& run) { return place_of_run(run.id, run.store); }

Json stored_json(const std::string& json, const std::string& what, const std::string& place) {
  try {
    return parse_json(json, what + " of " + place);
  } catch (const UserError& error) {
    throw UserError(error.what() + std::string(kRemedy) + ": " + printable(json));
  }
}

void refuse_stored(const std::string& json, const std::string& what, const std::string& place) {
  throw UserError(what + " of " + place + " have another form than flmeval writes" + kRemedy +
                  ": " + printable(json));
}

void require_stored_text(const std::string& text, const std::string& what,
                         const std::string& place) {
  if (utf8_valid(text)) return;
  throw UserError(what + " of " + place + " is not UTF-8" + kRemedy +
                  " (bytes found: " + std::to_string(text.size()) + ")");
}

void read_stored(const std::string& json, const std::string& what, const std::string& place,
                 const std::function<void(const Json&)>& read) {
  const Json parsed = stored_json(json, what, place);
  try {
    read(parsed);
  } catch (const Json::exception&) {
    refuse_stored(json, what, place);
  }
}

}  // namespace flm
