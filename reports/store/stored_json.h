// JSON and texts as flmeval wrote them into a store, where somebody else may have changed them
// since.
#pragma once

#include <functional>
#include <string>

#include "base/documents/json.h"
#include "reports/store/record.h"

namespace flm {

/// "run ID in FILE": whose JSON it is, for errors.
std::string place_of(const RunRecord& run);
std::string place_of_run(const std::string& id, const std::string& store);

/// UserError where it is no JSON: `what` ("options") of `place`, and the remedy.
Json stored_json(const std::string& json, const std::string& what, const std::string& place);

/// It is JSON, and of another form than flmeval writes.
[[noreturn]] void refuse_stored(const std::string& json, const std::string& what,
                                const std::string& place);

/// UserError where a text is not UTF-8, for nothing that shows it could be written.
void require_stored_text(const std::string& text, const std::string& what,
                         const std::string& place);

/// Calls `read` with the JSON; a type or a key that it does not find is the other form.
void read_stored(const std::string& json, const std::string& what, const std::string& place,
                 const std::function<void(const Json&)>& read);

}  // namespace flm
