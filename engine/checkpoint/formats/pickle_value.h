// What a pickle says, as an inert tree: nothing in it was ever called.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flm {

/// Values point to each other and into the pickle's bytes; they live as long as their machine. A
/// value may hold itself: whoever walks bounds the way.
struct PickleValue {
  enum class Kind {
    kNone,
    kBool,
    kInt,
    kWideInt,  // more than 64 bits: never a size
    kFloat,
    kString,  // text or bytes
    kTuple,
    kList,
    kDict,        // also collections.OrderedDict
    kGlobal,      // a name: "torch.float32"
    kObject,      // whatever REDUCE, NEWOBJ or a persistent id would have made
    kPersistent,  // its items are the id's: ("storage", type, key, device, elements)
  };
  Kind kind = Kind::kNone;
  std::int64_t integer = 0;               // kBool, kInt
  double real = 0;                        // kFloat
  std::string_view text;                  // kString; kGlobal: module.name; kObject: of its class or
                                          // function
  std::vector<const PickleValue*> items;  // kTuple, kList, kPersistent; kObject: its arguments;
                                          // kDict: key, value, key, value ...
  const PickleValue* state = nullptr;     // kObject, kDict: what BUILD gave; null: nothing

  bool is(std::string_view global) const {
    return (kind == Kind::kObject || kind == Kind::kGlobal) && text == global;
  }
};

/// The value of a key of a dict, or of the attributes of an object (its state where that is a
/// dict); null where there is none. The last one wins, as in Python.
const PickleValue* entry(const PickleValue& holder, std::string_view key);

/// Nothing where the value is null or of another kind. whole() takes True and False for no number.
std::optional<std::int64_t> whole(const PickleValue* value);
std::optional<bool> truth(const PickleValue* value);
std::optional<double> real(const PickleValue* value);  // of an int too
std::optional<std::string_view> text(const PickleValue* value);
/// A tuple, list or torch.Size of at most 64 whole numbers from 0.
std::optional<std::vector<std::int64_t>> sizes(const PickleValue* value);

/// For an error about a value: " but names posix.system (nothing of it was executed)"; of a plain
/// value nothing.
std::string naming(const PickleValue& value);

}  // namespace flm
