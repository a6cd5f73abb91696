// The unit in which keys and values are laid out and attended to.
#pragma once

namespace flm {

inline constexpr int kKeyTile = 64;  // keys of an attention tile, cut at absolute positions

}  // namespace flm
