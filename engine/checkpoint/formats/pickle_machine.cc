#include "engine/checkpoint/formats/pickle_machine.h"

#include <array>

#include "base/errors.h"
#include "engine/checkpoint/printable.h"

namespace flm {
namespace {

constexpr std::size_t kMostValues =
    2'000'000;  // a model of 100,000 tensors makes about 1.5 million

/// What may be named; nothing of it is ever called, REDUCE below knows what each would make.
constexpr std::array<std::string_view, 6> kAllowedGlobals = {"collections.OrderedDict",
                                                             "torch._utils._rebuild_tensor_v2",
                                                             "torch._utils._rebuild_parameter",
                                                             "torch.FloatStorage",
                                                             "torch.HalfStorage",
                                                             "torch.BFloat16Storage"};

std::string hex_byte(unsigned char byte) {
  const char* digits = "0123456789abcdef";
  return {'0', 'x', digits[byte >> 4], digits[byte & 15]};
}

}  // namespace

void PickleMachine::refuse(const std::string& what) const {
  throw UserError(path_ + ": the pickle " + what +
                  "; if you trust it, convert it to safetensors with torch");
}

const PickleValue& PickleMachine::run() {
  while (step(static_cast<unsigned char>(take(1)[0]))) {
  }
  const PickleValue* result = pop();
  if (!stack_.empty() || !marks_.empty()) refuse("ends with values left over");
  return *result;
}

bool PickleMachine::step(unsigned char opcode) {
  if (opcode == '.') return false;  // STOP
  if (opcode == 0x80) {             // PROTO
    const unsigned version = static_cast<unsigned char>(take(1)[0]);
    if (version > 5) refuse("has protocol " + std::to_string(version) + ", known are 0 to 5");
  } else if (opcode == 0x95) {  // FRAME: only a hint
    take(8);
  } else if (!step_value(opcode) && !step_container(opcode) && !step_memo(opcode)) {
    refuse("has opcode " + hex_byte(opcode) + " at byte " + std::to_string(at_ - 1) +
           ", which a state dict does not need");
  }
  return true;
}

/// Opcodes that push one plain value or a global.
bool PickleMachine::step_value(unsigned char opcode) {
  switch (opcode) {
    case 'N':
      return push(make(Kind::kNone)), true;
    case 0x88:  // NEWTRUE
    case 0x89:  // NEWFALSE
      push_integer(opcode == 0x88);
      return stack_.back()->kind = Kind::kBool, true;
    case 'J':
      return push_integer(static_cast<std::int32_t>(number(4))), true;
    case 'K':
      return push_integer(static_cast<std::int64_t>(number(1))), true;
    case 'M':
      return push_integer(static_cast<std::int64_t>(number(2))), true;
    case 0x8a:  // LONG1
      return push_integer(long_integer(number(1))), true;
    case 'G':  // BINFLOAT: no tensor needs its value
      return take(8), push(make(Kind::kFloat)), true;
    case 'X':
      return push_text(number(4)), true;
    case 0x8c:  // SHORT_BINUNICODE
      return push_text(number(1)), true;
    case 'c': {
      const std::string_view module = line();
      return push_global(module, line()), true;
    }
    case 0x93: {  // STACK_GLOBAL
      const PickleValue *name = pop(), *module = pop();
      if (name->kind != Kind::kString || module->kind != Kind::kString)
        refuse("names a global that is no string");
      return push_global(module->text, name->text), true;
    }
    default:
      return false;
  }
}

/// Opcodes that make, fill or call.
bool PickleMachine::step_container(unsigned char opcode) {
  switch (opcode) {
    case '(':
      return marks_.push_back(stack_.size()), true;
    case ')':
      return push(make(Kind::kTuple)), true;
    case ']':
      return push(make(Kind::kList)), true;
    case '}':
      return push(make(Kind::kDict)), true;
    case 't':
      return push_tuple(pop_to_mark()), true;
    case 0x85:  // TUPLE1, TUPLE2, TUPLE3
    case 0x86:
    case 0x87:
      return push_tuple_of(opcode - 0x84), true;
    case 'a': {
      const PickleValue* value = pop();
      return append({value}), true;
    }
    case 'e':
      return append(pop_to_mark()), true;
    case 's': {
      const PickleValue *value = pop(), *key = pop();
      return set_items({key, value}), true;
    }
    case 'u':
      return set_items(pop_to_mark()), true;
    case 'Q':
      return push_persistent(), true;
    case 'R':
      return reduce(), true;
    case 'b':
      return build(), true;
    default:
      return false;
  }
}

bool PickleMachine::step_memo(unsigned char opcode) {
  switch (opcode) {
    case 'q':
      return remember(number(1)), true;
    case 'r':
      return remember(number(4)), true;
    case 0x94:  // MEMOIZE
      return remember(memo_.size()), true;
    case 'h':
      return recall(number(1)), true;
    case 'j':
      return recall(number(4)), true;
    default:
      return false;
  }
}

std::string_view PickleMachine::take(std::uint64_t bytes) {
  if (bytes > pickle_.size() - at_) refuse("ends in the middle");
  at_ += bytes;
  return pickle_.substr(at_ - bytes, bytes);
}

std::uint64_t PickleMachine::number(int bytes) {
  std::uint64_t out = 0;
  const std::string_view text = take(static_cast<std::uint64_t>(bytes));
  for (int i = bytes - 1; i >= 0; --i)
    out = out << 8 | static_cast<unsigned char>(text[static_cast<std::size_t>(i)]);
  return out;
}

std::string_view PickleMachine::line() {
  const std::size_t end = pickle_.find('\n', at_);
  if (end == std::string_view::npos) refuse("ends in the middle");
  const std::string_view text = take(end - at_);
  take(1);
  return text;
}

/// Two's complement, little-endian, at most 8 bytes.
std::int64_t PickleMachine::long_integer(std::uint64_t bytes) {
  if (bytes > 8) refuse("holds a number beyond 64 bits");
  if (bytes == 0) return 0;
  const int unused = 64 - 8 * static_cast<int>(bytes);
  return static_cast<std::int64_t>(number(static_cast<int>(bytes)) << unused) >> unused;
}

PickleValue* PickleMachine::make(Kind kind) {
  if (arena_.size() == kMostValues)
    refuse("holds more than " + std::to_string(kMostValues) + " values");
  arena_.emplace_back();
  arena_.back().kind = kind;
  return &arena_.back();
}

void PickleMachine::push_integer(std::int64_t value) {
  push(make(Kind::kInt));
  stack_.back()->integer = value;
}

void PickleMachine::push_text(std::uint64_t bytes) {
  const std::string_view text = take(bytes);
  push(make(Kind::kString));
  stack_.back()->text = text;
}

void PickleMachine::push_global(std::string_view module, std::string_view name) {
  const std::string full = std::string(module) + "." + std::string(name);
  for (std::string_view allowed : kAllowedGlobals) {
    if (full != allowed) continue;
    push(make(Kind::kGlobal));
    stack_.back()->text = allowed;
    return;
  }
  refuse("asks for " + printable(full) + ", which is not allowed: nothing of it was executed");
}

PickleValue* PickleMachine::pop() {
  PickleValue* value = top();
  stack_.pop_back();
  return value;
}

PickleValue* PickleMachine::top() {
  const std::size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() <= floor) refuse("takes more values than it made");
  return stack_.back();
}

std::vector<const PickleValue*> PickleMachine::pop_to_mark() {
  if (marks_.empty()) refuse("lacks a mark");
  const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  std::vector<const PickleValue*> items(begin, stack_.end());
  stack_.erase(begin, stack_.end());
  marks_.pop_back();
  return items;
}

void PickleMachine::push_tuple(std::vector<const PickleValue*> items) {
  push(make(Kind::kTuple));
  stack_.back()->items = std::move(items);
}

void PickleMachine::push_tuple_of(int count) {
  std::vector<const PickleValue*> items(static_cast<std::size_t>(count));
  for (int i = count - 1; i >= 0; --i) items[static_cast<std::size_t>(i)] = pop();
  push_tuple(std::move(items));
}

void PickleMachine::append(std::vector<const PickleValue*> items) {
  PickleValue* list = top();
  if (list->kind != Kind::kList) refuse("appends to something that is not a list");
  list->items.insert(list->items.end(), items.begin(), items.end());
}

void PickleMachine::set_items(std::vector<const PickleValue*> items) {
  PickleValue* dict = top();
  if (dict->kind != Kind::kDict || items.size() % 2)
    refuse("sets items of something that is not a dict");
  dict->items.insert(dict->items.end(), items.begin(), items.end());
}

/// ('storage', torch.XStorage, key, location, elements): whether it is that is asked when a tensor
/// uses it.
void PickleMachine::push_persistent() {
  const PickleValue* id = pop();
  if (id->kind != Kind::kTuple || id->items.size() != 5)
    refuse("has a persistent id that is no storage");
  push(make(Kind::kStorage));
  stack_.back()->items = id->items;
}

/// The call of a global. Only what the result is gets noted.
void PickleMachine::reduce() {
  const PickleValue *arguments = pop(), *function = pop();
  if (function->kind != Kind::kGlobal || arguments->kind != Kind::kTuple)
    refuse("calls something that is no function");
  if (function->text == "collections.OrderedDict") {
    if (!arguments->items.empty()) refuse("makes an OrderedDict from arguments");
    push(make(Kind::kDict));
  } else if (function->text == "torch._utils._rebuild_tensor_v2") {
    const std::size_t count = arguments->items.size();  // bounded: the list is copied
    if (count < 6 || count > 7) refuse("makes a tensor of " + std::to_string(count) + " arguments");
    push(make(Kind::kTensor));
    stack_.back()->items = arguments->items;
  } else if (function->text == "torch._utils._rebuild_parameter") {
    if (arguments->items.empty() || arguments->items[0]->kind != Kind::kTensor)
      refuse("makes a parameter of no tensor");
    push(make(Kind::kTensor));
    stack_.back()->items = arguments->items[0]->items;
  } else {
    refuse("calls " + std::string(function->text));
  }
}

/// A state dict carries attributes (_metadata: versions of modules), which say nothing about
/// weights.
void PickleMachine::build() {
  const PickleValue* state = pop();
  if (top()->kind != Kind::kDict || state->kind != Kind::kDict)
    refuse("sets the state of something that is not a dict");
}

void PickleMachine::remember(std::uint64_t slot) {
  PickleValue* value = top();
  memo_[slot] = value;
}

void PickleMachine::recall(std::uint64_t slot) {
  const auto found = memo_.find(slot);
  if (found == memo_.end()) refuse("recalls a value that it did not remember");
  push(found->second);
}

}  // namespace flm
