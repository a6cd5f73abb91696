// What one look over a pickle's opcodes tells before it is run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/checkpoint/formats/pickle_reader.h"

namespace flm {

/// An attribute of the object that a pickle is: its value is made by bytes [begin, end).
struct PickleAttribute {
  std::string_view name;
  std::size_t begin = 0, end = 0;
};

/// Where things begin and end in the pickle of one object with a dict of attributes, as picklers
/// write it; nothing where it is none.
struct PickleOutline {
  std::vector<PickleAttribute> attributes;  // in their order
  /// Bytes, ascending, at which the two last values of the stack are an entry of a dict that is an
  /// attribute. A dict of one entry has none.
  std::vector<std::size_t> entry_ends;
};
PickleOutline pickle_outline(PickleReader reader);

/// Which memo slots are ever recalled: picklers remember nearly every value, and few are needed
/// again. Of a pickle that is not run to its end, what is recalled before byte `end` counts.
class RecalledSlots {
 public:
  explicit RecalledSlots(PickleReader reader, std::size_t end = std::string_view::npos);

  std::size_t count() const { return count_; }
  /// A number below count() for a slot that is recalled; nothing for any other.
  std::optional<std::size_t> number(std::uint64_t slot) const;

 private:
  struct Word {
    std::uint64_t bits = 0;
    std::size_t before = 0;  // recalled slots in all words before this one
  };
  std::vector<Word> words_;
  std::size_t count_ = 0;
};

}  // namespace flm
