#include "engine/checkpoint/formats/torch_tensor.h"

#include <algorithm>
#include <array>

#include "base/errors.h"
#include "base/text/printable.h"

namespace flm {
namespace {

using Kind = PickleValue::Kind;
using Values = std::vector<const PickleValue*>;

constexpr std::array<std::string_view, 2> kRebuild = {"torch._utils._rebuild_tensor_v2",
                                                      "torch._utils._rebuild_tensor_v3"};
constexpr std::array<std::string_view, 2> kRebuildParameter = {
    "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state"};
constexpr std::string_view kRebuildFromType = "torch._tensor._rebuild_from_type_v2";
constexpr int kMostWrappers = 8;

bool among(std::string_view name, const std::array<std::string_view, 2>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

struct StorageType {
  std::string_view storage, name;  // torch.FloatStorage; as safetensors spells it
  std::int64_t bytes;
  std::optional<DType> dtype;
};

constexpr StorageType kStorageTypes[] = {{"torch.FloatStorage", "F32", 4, DType::kF32},
                                         {"torch.HalfStorage", "F16", 2, DType::kF16},
                                         {"torch.BFloat16Storage", "BF16", 2, DType::kBF16},
                                         {"torch.DoubleStorage", "F64", 8, {}},
                                         {"torch.LongStorage", "I64", 8, {}},
                                         {"torch.IntStorage", "I32", 4, {}},
                                         {"torch.ShortStorage", "I16", 2, {}},
                                         {"torch.CharStorage", "I8", 1, {}},
                                         {"torch.ByteStorage", "U8", 1, {}},
                                         {"torch.BoolStorage", "BOOL", 1, {}}};

/// A function that would rebuild a tensor, and what it would be called with.
struct Call {
  std::string_view function;
  const Values* arguments = nullptr;
};

/// Through parameters and subclasses to the call that makes the tensor itself; nothing where there
/// is none.
std::optional<Call> innermost_call(const PickleValue& value) {
  if (value.kind != Kind::kObject) return {};
  Call call{value.text, &value.items};
  for (int i = 0; i < kMostWrappers; ++i) {
    const Values& arguments = *call.arguments;
    if (among(call.function, kRebuild)) return call;
    if (among(call.function, kRebuildParameter)) {
      if (arguments.empty() || arguments[0]->kind != Kind::kObject) return {};
      call = {arguments[0]->text, &arguments[0]->items};
    } else if (call.function == kRebuildFromType) {  // function, type, its arguments, state
      const bool whole = arguments.size() == 4 && arguments[0]->kind == Kind::kGlobal &&
                         arguments[2]->kind == Kind::kTuple;
      if (!whole) return {};
      call = {arguments[0]->text, &arguments[2]->items};
    } else {
      return {};
    }
  }
  return {};
}

/// Reads the arguments of _rebuild_tensor_v2: storage, offset, size, stride, requires_grad, hooks[,
/// metadata]; v3 has a dtype behind the hooks.
class TensorReader {
 public:
  explicit TensorReader(const std::string& where) : where_(where) {}

  PickledTensor read(const Call& call) {
    const Values& arguments = *call.arguments;
    const bool typed = call.function == kRebuild[1];
    if (arguments.size() < (typed ? 7u : 6u) || arguments.size() > (typed ? 8u : 7u))
      refuse("is made of " + std::to_string(arguments.size()) + " arguments");
    read_storage(*arguments[0]);
    if (typed) read_dtype(*arguments[6]);
    if (arguments.size() > (typed ? 7u : 6u)) check_marks(*arguments.back());
    out_.offset = integer(arguments[1], "offset");
    out_.shape = integers(*arguments[2], "shape");
    out_.strides = integers(*arguments[3], "stride");
    if (out_.shape.size() != out_.strides.size())
      refuse("has as many strides as it has not dimensions");
    return out_;
  }

  [[noreturn]] void refuse(const std::string& what) {
    throw UserError(where_ + " " + what + ": save it again with torch.save");
  }

 private:
  void read_storage(const PickleValue& storage) {
    const Values& id = storage.items;
    const bool whole = storage.kind == Kind::kPersistent && id.size() == 5 &&
                       text(id[0]) == "storage" && id[1]->kind == Kind::kGlobal &&
                       id[2]->kind == Kind::kString;
    if (!whole) refuse("has a storage that torch.save does not write");
    out_.storage_key = id[2]->text;
    out_.storage_elements = integer(id[4], "storage size");
    out_.dtype_name = id[1]->text;
    for (const StorageType& type : kStorageTypes) {
      if (id[1]->text != type.storage) continue;
      out_.dtype_name = type.name;
      out_.dtype = type.dtype;
      out_.element_bytes = type.bytes;
    }
  }

  /// The storage is untyped then: bytes of a type that no weight has.
  void read_dtype(const PickleValue& dtype) {
    if (dtype.kind != Kind::kGlobal) refuse("has a dtype that is none");
    out_.dtype_name = dtype.text;
    out_.dtype.reset();
    out_.element_bytes = 0;
  }

  /// What torch left for the first use of the tensor: to negate or conjugate what is stored.
  void check_marks(const PickleValue& metadata) {
    for (const char* mark : {"neg", "conj"})
      if (truth(entry(metadata, mark)).value_or(false))
        refuse("is stored with the mark \"" + std::string(mark) +
               "\", as other values than those of the file (resolve_neg(), resolve_conj())");
  }

  std::int64_t integer(const PickleValue* value, const std::string& what) {
    const std::optional<std::int64_t> number = flm::whole(value);
    if (!number || *number < 0) refuse("has a " + what + " that is no whole number from 0");
    return *number;
  }

  std::vector<std::int64_t> integers(const PickleValue& value, const std::string& what) {
    const std::optional<std::vector<std::int64_t>> numbers = sizes(&value);
    if (!numbers || numbers->size() > 8)
      refuse("has a " + what + " that is no tuple of up to 8 whole numbers from 0");
    return *numbers;
  }

  const std::string& where_;
  PickledTensor out_;
};

}  // namespace

bool is_pickled_tensor(const PickleValue& value) { return innermost_call(value).has_value(); }

PickledTensor pickled_tensor(const PickleValue& value, const std::string& where) {
  const std::optional<Call> call = innermost_call(value);
  if (!call) throw UserError(where + " is not a tensor" + naming(value) + ": save tensors alone");
  return TensorReader(where).read(*call);
}

}  // namespace flm
