// How deep a document may nest.
#pragma once

namespace flm {

/// Levels of lists and maps: far above what people write, far below what the stack holds.
inline constexpr int kMaxDepth = 200;

}  // namespace flm
