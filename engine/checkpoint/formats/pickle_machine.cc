#include "engine/checkpoint/formats/pickle_machine.h"

#include "base/errors.h"
#include "engine/checkpoint/printable.h"

namespace flm {
namespace {

/// What real checkpoints need is about 10 bytes for each of the pickle's.
std::size_t most_memory(std::size_t pickle) { return (std::size_t{64} << 20) + 32 * pickle; }

bool can_change(PickleValue::Kind kind) {
  using Kind = PickleValue::Kind;
  return kind == Kind::kObject || kind == Kind::kDict || kind == Kind::kList;
}

}  // namespace

PickleMachine::PickleMachine(std::string_view pickle, const std::string& path)
    : reader_(pickle, path), budget_(most_memory(pickle.size())) {
  false_.kind = true_.kind = Kind::kBool;
  true_.integer = 1;
  empty_tuple_.kind = Kind::kTuple;
  for (std::size_t i = 0; i < small_integers_.size(); ++i) {
    small_integers_[i].kind = Kind::kInt;
    small_integers_[i].integer = static_cast<std::int64_t>(i);
  }
}

const PickleValue& PickleMachine::run() {
  while (step(reader_.next())) {
  }
  const PickleValue* result = pop();
  if (!stack_.empty() || !marks_.empty()) reader_.refuse("ends with values left over");
  return *result;
}

bool PickleMachine::step(const Op& op) {
  if (op.kind == Op::Kind::kStop) return false;
  if (!step_value(op) && !step_container(op) && !step_call(op)) step_memo(op);
  return true;
}

/// Opcodes that push one plain value or a name.
bool PickleMachine::step_value(const Op& op) {
  switch (op.kind) {
    case Op::Kind::kNothing:
      return true;
    case Op::Kind::kNone:
      return push(&none_), true;
    case Op::Kind::kBool:
      return push(op.integer ? &true_ : &false_), true;
    case Op::Kind::kInt:
      return push_integer(op.integer), true;
    case Op::Kind::kWideInt:
      return push(make(Kind::kWideInt)), true;
    case Op::Kind::kFloat:
      push(make(Kind::kFloat));
      return stack_.back()->real = op.real, true;
    case Op::Kind::kString:
      return push_text(op.text), true;
    case Op::Kind::kGlobal:
      return push(global(op.text, op.name)), true;
    case Op::Kind::kStackGlobal:
      return push(stack_global()), true;
    default:
      return false;
  }
}

/// Opcodes that make or fill.
bool PickleMachine::step_container(const Op& op) {
  switch (op.kind) {
    case Op::Kind::kMark:
      return marks_.push_back(stack_.size()), true;
    case Op::Kind::kEmptyTuple:
      return push(&empty_tuple_), true;
    case Op::Kind::kEmptyList:
      return push(make(Kind::kList)), true;
    case Op::Kind::kEmptyDict:
      return push(make(Kind::kDict)), true;
    case Op::Kind::kTupleOf:
      return push_items(Kind::kTuple, pop_values(op.integer)), true;
    case Op::Kind::kTuple:
      return push_items(Kind::kTuple, pop_to_mark()), true;
    case Op::Kind::kList:
      return push_items(Kind::kList, pop_to_mark()), true;
    case Op::Kind::kDict: {
      const Values items = pop_to_mark();
      push(make(Kind::kDict));
      return set_items(items), true;
    }
    case Op::Kind::kAppend:
      return append(pop_values(1)), true;
    case Op::Kind::kAppends:
      return append(pop_to_mark()), true;
    case Op::Kind::kSetItem:
      return set_items(pop_values(2)), true;
    case Op::Kind::kSetItems:
      return set_items(pop_to_mark()), true;
    default:
      return false;
  }
}

/// Opcodes with which an unpickler would call something.
bool PickleMachine::step_call(const Op& op) {
  switch (op.kind) {
    case Op::Kind::kNewObjectEx:
      pop();  // keyword arguments
      return reduce(), true;
    case Op::Kind::kReduce:
    case Op::Kind::kNewObject:
      return reduce(), true;
    case Op::Kind::kInstance:
      return call(*global(op.text, op.name), pop_to_mark()), true;
    case Op::Kind::kMarkedCall: {
      Values items = pop_to_mark();
      if (items.empty()) reader_.refuse("calls nothing");
      const PickleValue* function = items.front();
      items.erase(items.begin());
      return call(*function, items), true;
    }
    case Op::Kind::kBuild:
      return build(), true;
    case Op::Kind::kPersistent:
      return push_persistent(), true;
    case Op::Kind::kPersistentText:
      push_text(op.text);
      return push_items(Kind::kPersistent, pop_values(1)), true;
    default:
      return false;
  }
}

void PickleMachine::step_memo(const Op& op) {
  switch (op.kind) {
    case Op::Kind::kRemember:
      return remember(static_cast<std::uint64_t>(op.integer));
    case Op::Kind::kMemoize:
      return remember(remembered_);
    case Op::Kind::kRecall:
      return recall(static_cast<std::uint64_t>(op.integer));
    case Op::Kind::kPop:
      return pop_value_or_mark();
    case Op::Kind::kPopMark:
      return void(pop_to_mark());
    case Op::Kind::kDuplicate:
      return push(top());
    default:
      FLM_CHECK(false, "an opcode without a step");
  }
}

void PickleMachine::charge(std::size_t bytes) {
  if (bytes > budget_)
    reader_.refuse("needs more memory than its " + std::to_string(reader_.size()) +
                   " bytes can ask for");
  budget_ -= bytes;
}

PickleValue* PickleMachine::make(Kind kind) {
  charge(sizeof(PickleValue));
  arena_.emplace_back();
  arena_.back().kind = kind;
  return &arena_.back();
}

void PickleMachine::push_integer(std::int64_t value) {
  if (value >= 0 && value < static_cast<std::int64_t>(small_integers_.size()))
    return push(&small_integers_[static_cast<std::size_t>(value)]);
  push(make(Kind::kInt));
  stack_.back()->integer = value;
}

void PickleMachine::push_text(std::string_view text) {
  push(make(Kind::kString));
  stack_.back()->text = text;
}

void PickleMachine::push_items(Kind kind, Values items) {
  charge(items.size() * sizeof items[0]);
  push(make(kind));
  stack_.back()->items = std::move(items);
}

PickleValue* PickleMachine::global(std::string_view module, std::string_view name) {
  PickleValue* value = make(Kind::kGlobal);
  charge(module.size() + name.size());
  value->text = *names_.insert(std::string(module) + "." + std::string(name)).first;
  return value;
}

PickleValue* PickleMachine::stack_global() {
  const PickleValue *name = pop(), *module = pop();
  if (name->kind != Kind::kString || module->kind != Kind::kString)
    reader_.refuse("names a global that is no string");
  return global(module->text, name->text);
}

PickleValue* PickleMachine::pop() {
  PickleValue* value = top();
  stack_.pop_back();
  return value;
}

PickleValue* PickleMachine::top() {
  const std::size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() <= floor) reader_.refuse("takes more values than it made");
  return stack_.back();
}

PickleMachine::Values PickleMachine::pop_to_mark() {
  if (marks_.empty()) reader_.refuse("lacks a mark");
  const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  Values items(begin, stack_.end());
  stack_.erase(begin, stack_.end());
  marks_.pop_back();
  return items;
}

PickleMachine::Values PickleMachine::pop_values(std::int64_t count) {
  Values items(static_cast<std::size_t>(count));
  for (std::size_t i = items.size(); i-- > 0;) items[i] = pop();
  return items;
}

/// A subclass of list is filled like a list, and becomes one.
void PickleMachine::append(const Values& items) {
  PickleValue* list = top();
  if (list->kind == Kind::kObject) {
    list->kind = Kind::kList;
    list->items.clear();
  }
  if (list->kind != Kind::kList) reader_.refuse("appends to something that is not a list");
  charge(2 * items.size() * sizeof items[0]);  // a vector doubles
  list->items.insert(list->items.end(), items.begin(), items.end());
}

/// So is one of dict: defaultdict(...).
void PickleMachine::set_items(const Values& items) {
  PickleValue* dict = top();
  if (dict->kind == Kind::kObject) {
    dict->kind = Kind::kDict;
    dict->items.clear();
  }
  if (dict->kind != Kind::kDict || items.size() % 2)
    reader_.refuse("sets items of something that is not a dict");
  charge(2 * items.size() * sizeof items[0]);
  dict->items.insert(dict->items.end(), items.begin(), items.end());
}

void PickleMachine::reduce() {
  const PickleValue *arguments = pop(), *function = pop();
  if (arguments->kind != Kind::kTuple) reader_.refuse("calls with arguments that are no tuple");
  call(*function, arguments->items);
}

/// Only what would have been called, and with what, gets noted.
void PickleMachine::call(const PickleValue& function, const Values& arguments) {
  if (function.is("collections.OrderedDict")) return push_ordered_dict(arguments);
  push_items(Kind::kObject, arguments);
  if (function.kind == Kind::kGlobal) stack_.back()->text = function.text;
}

/// OrderedDict() to be filled, or, as Python 2 wrote it, OrderedDict([[key, value], ...]).
void PickleMachine::push_ordered_dict(const Values& arguments) {
  push(make(Kind::kDict));
  if (arguments.empty()) return;
  Values items;
  for (const PickleValue* pair : arguments[0]->items) {
    if (pair->items.size() != 2) reader_.refuse("makes an OrderedDict of something but pairs");
    items.insert(items.end(), pair->items.begin(), pair->items.end());
  }
  set_items(items);
}

/// ('storage', torch.XStorage, key, location, elements): whether it is that is asked when a tensor
/// uses it.
void PickleMachine::push_persistent() {
  const PickleValue* id = pop();
  push_items(Kind::kPersistent, id->kind == Kind::kTuple ? id->items : Values{id});
}

void PickleMachine::build() {
  const PickleValue* state = pop();
  if (!can_change(top()->kind)) reader_.refuse("sets the state of something that has none");
  top()->state = state;
}

/// POP takes a mark too where it lies on top.
void PickleMachine::pop_value_or_mark() {
  if (!marks_.empty() && marks_.back() == stack_.size()) {
    marks_.pop_back();
  } else {
    pop();
  }
}

void PickleMachine::remember(std::uint64_t slot) {
  PickleValue* value = top();
  if (slot >= reader_.size())
    reader_.refuse("remembers a value in slot " + std::to_string(slot) + ", which it cannot need");
  if (slot >= memo_.size()) memo_.resize(slot + 1);
  remembered_ += !memo_[slot];
  memo_[slot] = value;
}

void PickleMachine::recall(std::uint64_t slot) {
  if (slot >= memo_.size() || !memo_[slot])
    reader_.refuse("recalls a value that it did not remember");
  push(memo_[slot]);
}

}  // namespace flm
