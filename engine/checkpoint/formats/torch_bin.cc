#include "engine/checkpoint/formats/torch_bin.h"

#include "base/errors.h"
#include "engine/checkpoint/formats/pickle.h"
#include "engine/checkpoint/formats/torch_zip.h"
#include "engine/checkpoint/printable.h"

namespace flm {
namespace {

constexpr std::size_t kLongestPickle = std::size_t{64} << 20;

using Members = std::map<std::string, std::string_view>;

std::string_view member(const Members& members, const std::string& name, const std::string& path) {
  const auto found = members.find(name);
  if (found == members.end())
    throw UserError(path + ": not a torch checkpoint: its zip has no " + printable(name));
  return found->second;
}

/// Index of the last element that is reached, in elements from the storage's start; nothing on
/// overflow.
std::optional<std::int64_t> last_element(const PickledTensor& tensor) {
  std::int64_t last = tensor.offset;
  for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
    std::int64_t reach = 0;
    if (__builtin_mul_overflow(tensor.shape[i] - 1, tensor.strides[i], &reach) ||
        __builtin_add_overflow(last, reach, &last)) {
      return {};
    }
  }
  return last;
}

/// A dimension of one element may have any stride.
bool is_row_major(const PickledTensor& tensor) {
  std::int64_t step = 1;
  for (std::size_t i = tensor.shape.size(); i-- > 0;) {
    if (tensor.shape[i] != 1 && tensor.strides[i] != step) return false;
    step *= tensor.shape[i];
  }
  return true;
}

void check(const PickledTensor& tensor, std::string_view storage, const std::string& path) {
  const auto refuse = [&](const std::string& what) {
    throw UserError(path + ": tensor " + printable(tensor.name) + " " + what);
  };
  const auto element = static_cast<std::int64_t>(bytes_of(tensor.dtype));
  const std::int64_t room = static_cast<std::int64_t>(storage.size()) / element;
  if (tensor.storage_elements > room) {
    refuse("has a storage of " + std::to_string(tensor.storage_elements) +
           " elements, its member data/" + printable(tensor.storage_key) + " holds " +
           std::to_string(room) + ": download it again");
  }
  const std::optional<std::int64_t> elements = checked_elements(tensor.shape);
  if (!elements) refuse("has an impossible shape " + shape_text(tensor.shape));
  const std::optional<std::int64_t> last = *elements == 0 ? 0 : last_element(tensor);
  // As many elements as the storage has at most: a stride of 0 must not blow a small file up.
  if (!last || (*elements > 0 && *last >= tensor.storage_elements) ||
      *elements > tensor.storage_elements) {
    refuse("reaches outside its storage: offset " + std::to_string(tensor.offset) + ", shape " +
           shape_text(tensor.shape) + ", stride " + shape_text(tensor.strides) + " in " +
           std::to_string(tensor.storage_elements) + " elements");
  }
}

StoredTensor stored(const PickledTensor& tensor, std::string_view storage,
                    const std::shared_ptr<const MappedFile>& file) {
  StoredTensor out{tensor.name, name_of(tensor.dtype), tensor.dtype, tensor.shape, {}, file,
                   nullptr};
  const std::int64_t begin = out.elements() == 0 ? 0 : tensor.offset;
  out.data = reinterpret_cast<const std::byte*>(storage.data()) +
             begin * static_cast<std::int64_t>(bytes_of(tensor.dtype));
  if (!is_row_major(tensor)) out.strides = tensor.strides;
  return out;
}

}  // namespace

std::vector<StoredTensor> read_torch_bin(const std::shared_ptr<const MappedFile>& file) {
  const std::string& path = file->path();
  const Members members = stored_members(*file);
  if (members.count("constants.pkl")) {
    throw UserError(
        path +
        ": a TorchScript archive, not a state dict: save model.state_dict() with torch.save");
  }
  const auto order = members.find("byteorder");
  if (order != members.end() && order->second != "little") {
    throw UserError(path + ": byte order is not little-endian: " + printable(order->second));
  }
  const std::string_view pickle = member(members, "data.pkl", path);
  if (pickle.size() > kLongestPickle) {
    throw UserError(path + ": data.pkl is larger than a state dict can need: " +
                    std::to_string(pickle.size()) + " bytes");
  }
  std::vector<StoredTensor> out;
  for (const PickledTensor& tensor : read_state_dict(pickle, path)) {
    const std::string_view storage = member(members, "data/" + tensor.storage_key, path);
    check(tensor, storage, path);
    out.push_back(stored(tensor, storage, file));
  }
  return out;
}

}  // namespace flm
