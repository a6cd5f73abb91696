// The stack machine of pickles, over values that a heap makes. Inert: what a pickle names stays a
// name, and calls are the heap's to note.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/errors.h"
#include "engine/checkpoint/formats/pickle_outline.h"
#include "engine/checkpoint/formats/pickle_reader.h"

namespace flm {

/// A Heap has a type Ref, of which Ref() is no value, and makes and changes values:
///   none, boolean, whole, wide, real, string, global; tuple, list, dict, object, persistent;
///   append, set_items, set_state; text(ref), the characters of a string, or nothing.
/// It refuses, by the reader, what a value of a kind cannot take. One thread.
template <typename Heap>
class PickleStack {
 public:
  using Ref = typename Heap::Ref;
  using Items = std::vector<Ref>;

  /// `recalled` are the slots of this pickle's memo.
  PickleStack(PickleReader& reader, Heap& heap, const RecalledSlots& recalled)
      : reader_(reader), heap_(heap), recalled_(recalled), memo_(recalled.count()) {}

  /// Runs one opcode; false: it was STOP.
  bool step() {
    const PickleOp op = reader_.next();
    if (op.kind == Kind::kStop) return false;
    if (!step_value(op) && !step_container(op) && !step_call(op)) step_memo(op);
    return true;
  }

  const Ref& top() const {
    const std::size_t floor = marks_.empty() ? 0 : marks_.back();
    if (stack_.size() <= floor) reader_.refuse("takes more values than it made");
    return stack_.back();
  }

  /// The first value of all.
  const Ref& bottom() const {
    if (stack_.empty()) reader_.refuse("makes no value");
    return stack_.front();
  }

  /// Takes the last values off, in their order.
  Items take(std::size_t count) { return pop_values(count); }

  /// After STOP: the only value.
  Ref result() {
    Ref value = pop();
    if (!stack_.empty() || !marks_.empty()) reader_.refuse("ends with values left over");
    return value;
  }

 private:
  using Kind = PickleOp::Kind;

  bool step_value(const PickleOp& op) {
    switch (op.kind) {
      case Kind::kNothing:
        return true;
      case Kind::kNone:
        return push(heap_.none());
      case Kind::kBool:
        return push(heap_.boolean(op.integer != 0));
      case Kind::kInt:
        return push(heap_.whole(op.integer));
      case Kind::kWideInt:
        return push(heap_.wide());
      case Kind::kFloat:
        return push(heap_.real(op.real));
      case Kind::kString:
        return push(heap_.string(op.text));
      case Kind::kGlobal:
        return push(heap_.global(op.text, op.name));
      case Kind::kStackGlobal:
        return stack_global();
      default:
        return false;
    }
  }

  bool step_container(const PickleOp& op) {
    switch (op.kind) {
      case Kind::kMark:
        if (marks_.size() >= kMostMarks) reader_.refuse("nests too deep");
        marks_.push_back(stack_.size());
        return true;
      case Kind::kEmptyTuple:
        return push(heap_.tuple({}));
      case Kind::kEmptyList:
        return push(heap_.list({}));
      case Kind::kEmptyDict:
        return push(heap_.dict());
      case Kind::kTupleOf:
        return push(heap_.tuple(pop_values(static_cast<std::size_t>(op.integer))));
      case Kind::kTuple:
        return push(heap_.tuple(pop_to_mark()));
      case Kind::kList:
        return push(heap_.list(pop_to_mark()));
      case Kind::kDict: {
        Items items = pop_to_mark();
        push(heap_.dict());
        return set_items(std::move(items));
      }
      case Kind::kAppend:
        return append(pop_values(1));
      case Kind::kAppends:
        return append(pop_to_mark());
      case Kind::kSetItem:
        return set_items(pop_values(2));
      case Kind::kSetItems:
        return set_items(pop_to_mark());
      default:
        return false;
    }
  }

  /// Opcodes with which an unpickler would call something.
  bool step_call(const PickleOp& op) {
    switch (op.kind) {
      case Kind::kNewObjectEx:
        pop();  // keyword arguments
        return reduce();
      case Kind::kReduce:
      case Kind::kNewObject:
        return reduce();
      case Kind::kInstance:
        return push(heap_.object(heap_.global(op.text, op.name), heap_.tuple(pop_to_mark())));
      case Kind::kMarkedCall: {
        Items items = pop_to_mark();
        if (items.empty()) reader_.refuse("calls nothing");
        const Ref function = items.front();
        items.erase(items.begin());
        return push(heap_.object(function, heap_.tuple(std::move(items))));
      }
      case Kind::kBuild: {
        const Ref state = pop();
        heap_.set_state(top(), state);
        return true;
      }
      case Kind::kPersistent:
        return push(heap_.persistent(pop()));
      case Kind::kPersistentText:
        return push(heap_.persistent(heap_.string(op.text)));
      default:
        return false;
    }
  }

  void step_memo(const PickleOp& op) {
    switch (op.kind) {
      case Kind::kRemember:
        puts_ = true;
        return remember(static_cast<std::uint64_t>(op.integer));
      case Kind::kMemoize:
        if (puts_) reader_.refuse("counts memo slots in two ways");
        return remember(memoized_++);
      case Kind::kRecall:
        return recall(static_cast<std::uint64_t>(op.integer));
      case Kind::kPop:
        return pop_value_or_mark();
      case Kind::kPopMark:
        return void(pop_to_mark());
      case Kind::kDuplicate:
        return void(push(top()));
      default:
        FLM_CHECK(false, "an opcode without a step");
    }
  }

  bool push(Ref value) {
    if (stack_.size() > most_values())
      reader_.refuse("holds more values at once than a checkpoint needs");
    stack_.push_back(std::move(value));
    return true;
  }

  /// Picklers fill containers 1,000 values at a time; only tuples come whole.
  static constexpr std::size_t kMostMarks = 1 << 16;  // picklers nest far less
  std::size_t most_values() const { return (std::size_t{1} << 20) + reader_.size() / 8; }

  Ref pop() {
    top();
    Ref value = std::move(stack_.back());
    stack_.pop_back();
    return value;
  }

  Items pop_values(std::size_t count) {
    Items items(count);
    for (std::size_t i = count; i-- > 0;) items[i] = pop();
    return items;
  }

  Items pop_to_mark() {
    if (marks_.empty()) reader_.refuse("lacks a mark");
    const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    Items items(std::make_move_iterator(begin), std::make_move_iterator(stack_.end()));
    stack_.erase(begin, stack_.end());
    marks_.pop_back();
    return items;
  }

  /// POP takes a mark too where it lies on top.
  void pop_value_or_mark() {
    if (!marks_.empty() && marks_.back() == stack_.size()) {
      marks_.pop_back();
    } else {
      pop();
    }
  }

  bool stack_global() {
    const Ref name = pop(), module = pop();
    const auto module_text = heap_.text(module), name_text = heap_.text(name);
    if (!module_text || !name_text) reader_.refuse("names a global that is no string");
    return push(heap_.global(*module_text, *name_text));
  }

  bool append(Items items) {
    heap_.append(top(), std::move(items));
    return true;
  }

  bool set_items(Items items) {
    if (items.size() % 2) reader_.refuse("sets a key without a value");
    heap_.set_items(top(), std::move(items));
    return true;
  }

  bool reduce() {
    const Ref arguments = pop();
    const Ref function = pop();
    return push(heap_.object(function, arguments));
  }

  void remember(std::uint64_t slot) {
    const Ref& value = top();
    if (const auto number = recalled_.number(slot)) memo_[*number] = value;
  }

  void recall(std::uint64_t slot) {
    const auto number = recalled_.number(slot);
    if (!number || memo_[*number] == Ref())
      reader_.refuse("recalls a value that it did not remember");
    push(memo_[*number]);
  }

  PickleReader& reader_;
  Heap& heap_;
  const RecalledSlots& recalled_;
  std::vector<Ref> stack_;
  std::vector<std::size_t> marks_;
  std::vector<Ref> memo_;  // by the numbers of recalled_; Ref(): not remembered yet
  std::uint64_t memoized_ = 0;
  bool puts_ = false;
};

}  // namespace flm
