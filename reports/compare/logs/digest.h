// Digests of what an item is.
#pragma once

#include <string>
#include <string_view>

#include "base/documents/json.h"
#include "reports/compare/logs/logged_run.h"

namespace flm {

/// Of a text.
Digest digest_of(std::string_view text);

/// Of a SHA-256 in hex; of a shorter or longer text, of the text itself.
Digest digest_of_hex(const std::string& hex);

/// One text for what means the same: sorted keys, no members that are null, 1.0 as 1, and without
/// the addresses in Python's texts of functions.
std::string canonical_text(const Json& value);

/// Of all requests of an item: [[prompt, continuation or generation arguments], ...]. A prompt may
/// be the text or "sha256:HEX", which are the same; the order of an object's keys is none.
Digest digest_of_requests(const Json& requests);

}  // namespace flm
