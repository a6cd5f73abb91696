// The stack machine of pickles. Inert: what a pickle names stays a name, what it would call becomes
// an object that nobody made.
#pragma once

#include <array>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "engine/checkpoint/formats/pickle_reader.h"
#include "engine/checkpoint/formats/pickle_value.h"

namespace flm {

/// Values live in the machine's arena and point to each other: no ownership, so no recursion when
/// they die. The memory that they may take goes with the bytes of the pickle. One run, one thread.
class PickleMachine {
 public:
  PickleMachine(std::string_view pickle, const std::string& path);

  /// Runs to STOP and returns what is on top of the stack. The value lives as long as the machine,
  /// its texts as long as the pickle too.
  const PickleValue& run();

 private:
  using Kind = PickleValue::Kind;
  using Op = PickleOp;
  using Values = std::vector<const PickleValue*>;

  bool step(const Op& op);  // false: STOP
  bool step_value(const Op& op);
  bool step_container(const Op& op);
  bool step_call(const Op& op);
  void step_memo(const Op& op);

  void charge(std::size_t bytes);
  PickleValue* make(Kind kind);
  void push(PickleValue* value) { stack_.push_back(value); }
  void push_integer(std::int64_t value);
  void push_text(std::string_view text);
  void push_items(Kind kind, Values items);
  PickleValue* global(std::string_view module, std::string_view name);
  PickleValue* stack_global();
  PickleValue* pop();
  PickleValue* top();
  Values pop_to_mark();
  Values pop_values(std::int64_t count);
  void append(const Values& items);
  void set_items(const Values& items);
  void call(const PickleValue& function, const Values& arguments);
  void push_ordered_dict(const Values& arguments);
  void push_persistent();
  void reduce();
  void build();
  void pop_value_or_mark();
  void remember(std::uint64_t slot);
  void recall(std::uint64_t slot);

  PickleReader reader_;
  std::size_t budget_;  // bytes that values may still take
  std::deque<PickleValue> arena_;
  std::unordered_set<std::string> names_;  // of globals
  // Values that nothing can change stand once.
  PickleValue none_, false_, true_, empty_tuple_;
  std::array<PickleValue, 256> small_integers_;
  std::vector<PickleValue*> stack_;
  std::vector<std::size_t> marks_;
  std::vector<PickleValue*> memo_;  // by slot; null: nothing was remembered there
  std::size_t remembered_ = 0;
};

}  // namespace flm
