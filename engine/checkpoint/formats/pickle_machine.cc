#include "engine/checkpoint/formats/pickle_machine.h"

#include "engine/checkpoint/formats/pickle_stack.h"

namespace flm {
namespace {

/// What real checkpoints need is about 10 bytes for each of the pickle's.
std::size_t most_memory(std::size_t pickle) { return (std::size_t{64} << 20) + 32 * pickle; }

}  // namespace

PickleArena::PickleArena(const PickleReader& reader)
    : reader_(reader), budget_(most_memory(reader.size())) {
  false_.kind = true_.kind = Kind::kBool;
  true_.integer = 1;
  empty_tuple_.kind = Kind::kTuple;
  for (std::size_t i = 0; i < small_integers_.size(); ++i) {
    small_integers_[i].kind = Kind::kInt;
    small_integers_[i].integer = static_cast<std::int64_t>(i);
  }
}

void PickleArena::charge(std::size_t bytes) {
  if (bytes > budget_)
    reader_.refuse("needs more memory than its " + std::to_string(reader_.size()) +
                   " bytes can ask for");
  budget_ -= bytes;
}

PickleValue* PickleArena::make(Kind kind) {
  charge(sizeof(PickleValue));
  values_.emplace_back();
  values_.back().kind = kind;
  return &values_.back();
}

/// A vector that grows has twice the room that it needs.
template <typename List>
void PickleArena::fill(PickleValue& value, const List& items) {
  charge((value.items.empty() ? 1 : 2) * items.size() * sizeof value.items[0]);
  value.items.insert(value.items.end(), items.begin(), items.end());
}

template <typename List>
PickleValue* PickleArena::filled(Kind kind, const List& items) {
  PickleValue* value = make(kind);
  fill(*value, items);
  return value;
}

PickleValue* PickleArena::whole(std::int64_t value) {
  if (value >= 0 && value < static_cast<std::int64_t>(small_integers_.size()))
    return &small_integers_[static_cast<std::size_t>(value)];
  PickleValue* out = make(Kind::kInt);
  out->integer = value;
  return out;
}

PickleValue* PickleArena::real(double value) {
  PickleValue* out = make(Kind::kFloat);
  out->real = value;
  return out;
}

PickleValue* PickleArena::string(std::string_view text) {
  PickleValue* out = make(Kind::kString);
  out->text = text;
  return out;
}

PickleValue* PickleArena::global(std::string_view module, std::string_view name) {
  charge(module.size() + name.size());
  PickleValue* out = make(Kind::kGlobal);
  out->text = *names_.insert(std::string(module) + "." + std::string(name)).first;
  return out;
}

PickleValue* PickleArena::tuple(const Items& items) {
  return items.empty() ? &empty_tuple_ : filled(Kind::kTuple, items);
}

/// Only what would have been called, and with what, gets noted.
PickleValue* PickleArena::object(Ref function, Ref arguments) {
  if (arguments->kind != Kind::kTuple) reader_.refuse("calls with arguments that are no tuple");
  if (function->is("collections.OrderedDict")) return ordered_dict(*arguments);
  PickleValue* out = filled(Kind::kObject, arguments->items);
  if (function->kind == Kind::kGlobal) out->text = function->text;
  return out;
}

/// OrderedDict() to be filled, or, as Python 2 wrote it, OrderedDict([[key, value], ...]).
PickleValue* PickleArena::ordered_dict(const PickleValue& arguments) {
  PickleValue* out = dict();
  if (arguments.items.empty()) return out;
  for (const PickleValue* pair : arguments.items[0]->items) {
    if (pair->items.size() != 2) reader_.refuse("makes an OrderedDict of something but pairs");
    fill(*out, pair->items);
  }
  return out;
}

/// ('storage', torch.XStorage, key, location, elements): whether it is that is asked when a tensor
/// uses it.
PickleValue* PickleArena::persistent(Ref id) {
  if (id->kind == Kind::kTuple) return filled(Kind::kPersistent, id->items);
  return filled(Kind::kPersistent, Items{id});
}

/// A subclass of list is filled like a list, and becomes one.
void PickleArena::append(Ref list, const Items& items) {
  if (list->kind == Kind::kObject) {
    list->kind = Kind::kList;
    list->items.clear();
  }
  if (list->kind != Kind::kList) reader_.refuse("appends to something that is not a list");
  fill(*list, items);
}

/// So is one of dict: defaultdict(...).
void PickleArena::set_items(Ref dict, const Items& items) {
  if (dict->kind == Kind::kObject) {
    dict->kind = Kind::kDict;
    dict->items.clear();
  }
  if (dict->kind != Kind::kDict) reader_.refuse("sets items of something that is not a dict");
  fill(*dict, items);
}

void PickleArena::set_state(Ref object, Ref state) {
  const Kind kind = object->kind;
  if (kind != Kind::kObject && kind != Kind::kDict && kind != Kind::kList)
    reader_.refuse("sets the state of something that has none");
  object->state = state;
}

const PickleValue& PickleMachine::run() {
  const RecalledSlots recalled(reader_);
  PickleStack stack(reader_, arena_, recalled);
  while (stack.step()) {
  }
  return *stack.result();
}

}  // namespace flm
