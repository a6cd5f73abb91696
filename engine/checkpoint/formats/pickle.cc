#include "engine/checkpoint/formats/pickle.h"

#include <unordered_set>

#include "engine/checkpoint/formats/pickle_machine.h"
#include "engine/checkpoint/printable.h"

namespace flm {
namespace {

using Kind = PickleValue::Kind;

/// Reads the arguments of _rebuild_tensor_v2: storage, offset, size, stride, requires_grad, hooks[,
/// metadata].
class TensorReader {
 public:
  TensorReader(const PickleMachine& machine, std::string name) : machine_(machine) {
    out_.name = std::move(name);
  }

  PickledTensor read(const PickleValue& value) {
    if (value.kind != Kind::kTensor)
      refuse("is not a tensor: a training checkpoint? Save model.state_dict() alone");
    const auto& arguments = value.items;
    if (arguments[0]->kind != Kind::kStorage) refuse("was not made by torch.save");
    read_storage(*arguments[0]);
    out_.offset = integer(*arguments[1], "offset");
    out_.shape = integers(*arguments[2], "shape");
    out_.strides = integers(*arguments[3], "stride");
    if (out_.shape.size() != out_.strides.size())
      refuse("has as many strides as it has not dimensions");
    return out_;
  }

 private:
  void read_storage(const PickleValue& storage) {
    const auto& id = storage.items;  // five, the machine saw to it
    const bool whole = id[0]->kind == Kind::kString && id[0]->text == "storage" &&
                       id[1]->kind == Kind::kGlobal && id[2]->kind == Kind::kString;
    if (!whole) refuse("has a storage that torch.save does not write");
    out_.storage_key = id[2]->text;
    out_.storage_elements = integer(*id[4], "storage size");
    if (id[1]->text == "torch.FloatStorage") {
      out_.dtype = DType::kF32;
    } else if (id[1]->text == "torch.HalfStorage") {
      out_.dtype = DType::kF16;
    } else if (id[1]->text == "torch.BFloat16Storage") {
      out_.dtype = DType::kBF16;
    } else {
      refuse("has a storage of type " + std::string(id[1]->text));
    }
  }

  std::int64_t integer(const PickleValue& value, const std::string& what) {
    if (value.kind != Kind::kInt || value.integer < 0)
      refuse("has a " + what + " that is no whole number from 0");
    return value.integer;
  }

  std::vector<std::int64_t> integers(const PickleValue& value, const std::string& what) {
    if (value.kind != Kind::kTuple || value.items.size() > 8)
      refuse("has a " + what + " that is no tuple of up to 8");
    std::vector<std::int64_t> out;
    for (const PickleValue* item : value.items) out.push_back(integer(*item, what));
    return out;
  }

  [[noreturn]] void refuse(const std::string& what) {
    machine_.refuse("entry " + printable(out_.name) + " " + what);
  }

  const PickleMachine& machine_;
  PickledTensor out_;
};

}  // namespace

std::vector<PickledTensor> read_state_dict(std::string_view pickle, const std::string& path) {
  PickleMachine machine(pickle, path);
  const PickleValue& dict = machine.run();
  if (dict.kind != Kind::kDict) machine.refuse("is not a dict of tensors");
  std::vector<PickledTensor> out;
  std::unordered_set<std::string_view> names;
  for (std::size_t i = 0; i < dict.items.size(); i += 2) {
    const PickleValue& name = *dict.items[i];
    if (name.kind != Kind::kString) machine.refuse("has a key that is no name");
    if (!names.insert(name.text).second) machine.refuse("holds " + printable(name.text) + " twice");
    out.push_back(TensorReader(machine, std::string(name.text)).read(*dict.items[i + 1]));
  }
  return out;
}

}  // namespace flm
