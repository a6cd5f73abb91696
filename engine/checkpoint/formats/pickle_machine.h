// Runs a pickle and keeps all that it says as a tree of PickleValue.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "engine/checkpoint/formats/pickle_reader.h"
#include "engine/checkpoint/formats/pickle_value.h"

namespace flm {

/// Values in an arena, which point to each other: no ownership, so no recursion when they die. The
/// memory that they may take goes with the bytes of the pickle.
class PickleArena {
 public:
  using Ref = PickleValue*;
  using Items = std::vector<PickleValue*>;

  explicit PickleArena(const PickleReader& reader);

  Ref none() { return &none_; }
  Ref boolean(bool value) { return value ? &true_ : &false_; }
  Ref whole(std::int64_t value);
  Ref wide() { return make(Kind::kWideInt); }
  Ref real(double value);
  Ref string(std::string_view text);
  Ref global(std::string_view module, std::string_view name);
  Ref tuple(const Items& items);
  Ref list(const Items& items) { return filled(Kind::kList, items); }
  Ref dict() { return make(Kind::kDict); }
  Ref object(Ref function, Ref arguments);
  Ref persistent(Ref id);
  void append(Ref list, const Items& items);
  void set_items(Ref dict, const Items& items);
  void set_state(Ref object, Ref state);
  std::optional<std::string_view> text(Ref value) const { return flm::text(value); }

 private:
  using Kind = PickleValue::Kind;

  void charge(std::size_t bytes);
  Ref make(Kind kind);
  template <typename List>
  Ref filled(Kind kind, const List& items);
  template <typename List>
  void fill(PickleValue& value, const List& items);
  Ref ordered_dict(const PickleValue& arguments);

  const PickleReader& reader_;
  std::size_t budget_;  // bytes that values may still take
  std::deque<PickleValue> values_;
  std::unordered_set<std::string> names_;  // of globals
  // Values that nothing can change stand once.
  PickleValue none_, false_, true_, empty_tuple_;
  std::array<PickleValue, 256> small_integers_;
};

/// One run, one thread; the tree is immutable then.
class PickleMachine {
 public:
  PickleMachine(std::string_view pickle, const std::string& path)
      : reader_(pickle, path), arena_(reader_) {}

  /// Runs to STOP and returns what is on top of the stack. The value lives as long as the machine,
  /// its texts as long as the pickle too. UserErrors name the path; TornFile where the pickle ends
  /// in the middle.
  const PickleValue& run();

 private:
  PickleReader reader_;
  PickleArena arena_;
};

}  // namespace flm
