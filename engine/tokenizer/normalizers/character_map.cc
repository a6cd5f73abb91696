#include "engine/tokenizer/normalizers/character_map.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

namespace flm {
namespace {

constexpr std::size_t kBlock = 256;  // units a child is chosen from by one byte
constexpr int kMostMatches = 32;     // the library's array of matches along one path
constexpr int kDeepest = 256;

/// A unit of darts-clone's double array.
struct Unit {
  std::uint32_t bits;
  bool has_leaf() const { return (bits >> 8 & 1) != 0; }
  std::uint32_t value() const { return bits & 0x7FFFFFFF; }
  std::uint32_t label() const { return bits & 0x800000FF; }
  std::uint32_t offset() const { return (bits >> 10) << ((bits & (1u << 9)) >> 6); }
};

class Walk {
 public:
  Walk(std::vector<Unit> units, std::size_t replacements)
      : units_(std::move(units)), replacements_(replacements), known_(units_.size(), kNew) {}

  bool sound() {
    const std::size_t base = units_[0].offset();
    const auto matches = base < units_.size() ? matches_below(base, 0) : std::nullopt;
    return matches && *matches <= kMostMatches;
  }

 private:
  static constexpr int kNew = -1, kOpen = -2;

  /// The most matches on a path that starts at the children `base`; nothing where one leads astray.
  std::optional<int> matches_below(std::size_t base, int depth) {
    if (known_[base] >= 0) return known_[base];
    if (known_[base] == kOpen || depth > kDeepest) return std::nullopt;  // a circle
    known_[base] = kOpen;
    int most = 0;
    for (std::uint32_t byte = 0; byte < kBlock; ++byte) {
      const std::size_t child = base ^ byte;
      if (units_[child].label() != byte) continue;
      const auto below = matches_through(child, depth);
      if (!below) return std::nullopt;
      most = std::max(most, *below);
    }
    known_[base] = most;
    return most;
  }

  std::optional<int> matches_through(std::size_t child, int depth) {
    const Unit unit = units_[child];
    const std::size_t next = child ^ unit.offset();
    if (next >= units_.size()) return std::nullopt;
    if (unit.has_leaf() && units_[next].value() >= replacements_) return std::nullopt;
    const auto below = matches_below(next, depth + 1);
    return below ? std::optional<int>(*below + unit.has_leaf()) : std::nullopt;
  }

  std::vector<Unit> units_;
  std::size_t replacements_;
  std::vector<int> known_;
};

}  // namespace

bool character_map_is_sound(std::string_view map) {
  std::uint32_t trie = 0;
  if (map.size() < sizeof trie) return false;
  std::memcpy(&trie, map.data(), sizeof trie);
  map.remove_prefix(sizeof trie);
  // Whole blocks, so that a byte never leads out of its block; a NUL ends the last replacement.
  if (trie == 0 || trie % (kBlock * sizeof(Unit)) != 0 || trie >= map.size() || map.back() != '\0')
    return false;
  std::vector<Unit> units(trie / sizeof(Unit));
  std::memcpy(units.data(), map.data(), trie);
  return Walk(std::move(units), map.size() - trie).sound();
}

}  // namespace flm
