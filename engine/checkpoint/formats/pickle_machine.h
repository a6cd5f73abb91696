// The stack machine below read_state_dict: values, stack and memo.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace flm {

/// Values live in the machine's arena and point to each other: no ownership, so no recursion when
/// they die.
struct PickleValue {
  enum class Kind {
    kNone,
    kBool,
    kInt,
    kFloat,
    kString,
    kTuple,
    kList,
    kDict,
    kGlobal,
    kStorage,
    kTensor
  };
  Kind kind = Kind::kNone;
  std::int64_t integer = 0;  // kBool, kInt
  std::string_view text;     // kString: of the pickle's bytes; kGlobal: of the allowed names
  std::vector<const PickleValue*> items;  // kTuple, kList; kDict: key, value, key, value ...;
                                          // kStorage, kTensor: the arguments they were made from
};

class PickleMachine {
 public:
  PickleMachine(std::string_view pickle, const std::string& path) : pickle_(pickle), path_(path) {}

  /// Runs to STOP and returns what is on top of the stack. The value lives as long as the machine.
  const PickleValue& run();

  /// UserError "PATH: the pickle WHAT".
  [[noreturn]] void refuse(const std::string& what) const;

 private:
  using Kind = PickleValue::Kind;

  bool step(unsigned char opcode);  // false: STOP
  bool step_value(unsigned char opcode);
  bool step_container(unsigned char opcode);
  bool step_memo(unsigned char opcode);

  std::string_view take(std::uint64_t bytes);
  std::uint64_t number(int bytes);  // little-endian
  std::string_view line();
  std::int64_t long_integer(std::uint64_t bytes);

  PickleValue* make(Kind kind);
  void push(PickleValue* value) { stack_.push_back(value); }
  void push_integer(std::int64_t value);
  void push_text(std::uint64_t bytes);
  void push_global(std::string_view module, std::string_view name);
  PickleValue* pop();
  PickleValue* top();
  std::vector<const PickleValue*> pop_to_mark();
  void push_tuple(std::vector<const PickleValue*> items);
  void push_tuple_of(int count);
  void append(std::vector<const PickleValue*> items);
  void set_items(std::vector<const PickleValue*> items);
  void push_persistent();
  void reduce();
  void build();
  void remember(std::uint64_t slot);
  void recall(std::uint64_t slot);

  std::string_view pickle_;
  const std::string& path_;
  std::size_t at_ = 0;
  std::deque<PickleValue> arena_;
  std::vector<PickleValue*> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, PickleValue*> memo_;
};

}  // namespace flm
