// Documents behind one another in windows of the whole context, as a trainer packs them.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/engine.h"

namespace flm {

/// The stream is separator, document, separator, document, ..., separator; window w has the inputs
/// [w context, (w + 1) context) of it and predicts the token behind each, whichever document it is
/// of. Every token but the first is scored once, separators (the end of a document) with the
/// document before them, so that nats a token are a training loss's. Result i has a request for
/// each window that document i reaches into: inputs from the window's begin, targets its own. They
/// share their paths, so that a row is computed once.
std::vector<std::vector<ScoreRequest>> packed_requests(
    const std::vector<std::vector<std::int32_t>>& documents, std::int32_t separator, int context);

}  // namespace flm
