#include "engine/checkpoint/formats/torch_file.h"

#include "base/errors.h"
#include "base/text/printable.h"
#include "engine/checkpoint/formats/pickle_machine.h"
#include "engine/checkpoint/formats/torch_tensor.h"
#include "engine/checkpoint/formats/torch_zip.h"
#include "engine/checkpoint/formats/torn_file.h"

namespace flm {
namespace {

constexpr std::size_t kLongestPickle = std::size_t{64} << 20;

std::string_view pickle_of(const TorchZip& zip, const std::string& path) {
  if (zip.has("constants.pkl")) {
    throw UserError(
        path +
        ": a TorchScript archive, not a state dict: save model.state_dict() with torch.save");
  }
  if (zip.has("byteorder") && zip.member("byteorder") != "little") {
    throw UserError(path + ": byte order is not little-endian: " +
                    printable(zip.member("byteorder")) + "; save it again on another machine");
  }
  const std::string_view pickle = zip.member("data.pkl");
  if (pickle.size() > kLongestPickle) {
    throw UserError(path + ": data.pkl is larger than a state dict can need: " +
                    std::to_string(pickle.size()) + " bytes; save the model's weights alone");
  }
  return pickle;
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

void check(const PickledTensor& tensor, std::string_view storage, const std::string& where) {
  const auto refuse = [&](const std::string& what) { throw UserError(where + " " + what); };
  const std::int64_t room = static_cast<std::int64_t>(storage.size()) / tensor.element_bytes;
  if (tensor.storage_elements > room) {
    refuse("has a storage of " + std::to_string(tensor.storage_elements) +
           " elements, its member data/" + printable(tensor.storage_key) + " holds " +
           std::to_string(room) + ": download it again");
  }
  const std::optional<std::int64_t> elements = checked_elements(tensor.shape);
  if (!elements) refuse("has an impossible shape " + shape_text(tensor.shape) + ": save it again");
  const std::optional<std::int64_t> last = *elements == 0 ? 0 : last_element(tensor);
  if (!last || (*elements > 0 && *last >= tensor.storage_elements)) {
    refuse("reaches outside its storage: offset " + std::to_string(tensor.offset) + ", shape " +
           shape_text(tensor.shape) + ", stride " + shape_text(tensor.strides) + " in " +
           std::to_string(tensor.storage_elements) + " elements: save it again");
  }
  // As many elements as the storage has at most: a stride of 0 must not blow a small file up.
  if (*elements > tensor.storage_elements) {
    refuse("repeats its storage (torch's expand), which is not read: shape " +
           shape_text(tensor.shape) + ", stride " + shape_text(tensor.strides) + " over " +
           std::to_string(tensor.storage_elements) + " elements: save it again with .contiguous()");
  }
}

class ZippedTorchFile final : public TorchFile {
 public:
  ZippedTorchFile(std::shared_ptr<const MappedFile> file, std::string_view bytes)
      : file_(std::move(file)),
        zip_(bytes, path()),
        machine_(pickle_of(zip_, path()), path()),
        root_(run()) {}

  const PickleValue& root() const override { return root_; }
  const std::string& path() const override { return file_->path(); }
  const std::string& saved_as() const override { return zip_.folder(); }

  StoredTensor tensor(const PickleValue& value, const std::string& name) const override {
    const std::string where = path() + ": tensor " + printable(name);
    const PickledTensor pickled = pickled_tensor(value, where);
    StoredTensor out{name, pickled.dtype_name, pickled.dtype, pickled.shape, {}, file_, nullptr};
    if (pickled.element_bytes == 0) return out;
    const std::string_view storage = zip_.member("data/" + pickled.storage_key);
    check(pickled, storage, where);
    const std::int64_t begin = out.elements() == 0 ? 0 : pickled.offset;
    out.data = reinterpret_cast<const std::byte*>(storage.data()) + begin * pickled.element_bytes;
    if (!is_row_major(pickled)) out.strides = pickled.strides;
    return out;
  }

 private:
  /// The zip is complete, so a pickle that ends in the middle stays so.
  const PickleValue& run() {
    try {
      return machine_.run();
    } catch (const TornFile& torn) {
      throw UserError(torn.what());
    }
  }

  std::shared_ptr<const MappedFile> file_;
  TorchZip zip_;
  PickleMachine machine_;
  const PickleValue& root_;
};

}  // namespace

std::shared_ptr<const TorchFile> TorchFile::open(std::shared_ptr<const MappedFile> file) {
  const std::string_view bytes = file->text();
  return std::make_shared<ZippedTorchFile>(std::move(file), bytes);
}

std::shared_ptr<const TorchFile> TorchFile::open(std::shared_ptr<const MappedFile> file,
                                                 std::uint64_t begin, std::uint64_t length) {
  if (begin > file->size() || length > file->size() - begin) {
    throw UserError(file->path() + ": holds " + std::to_string(file->size()) +
                    " bytes, and an item is said to lie at " + std::to_string(begin) + " with " +
                    std::to_string(length) + " bytes: copy it again");
  }
  const std::string_view bytes = file->text().substr(begin, length);
  return std::make_shared<ZippedTorchFile>(std::move(file), bytes);
}

bool TorchFile::is_tensor(const PickleValue& value) { return is_pickled_tensor(value); }

}  // namespace flm
