// A file of torch.save, or one that lies inside another file: a pickle that says which tensor is
// where, and the bytes of their storages.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/checkpoint/formats/pickle_value.h"
#include "engine/checkpoint/tensors/mapped_file.h"
#include "engine/checkpoint/tensors/stored_tensor.h"

namespace flm {

/// Nothing is executed: whatever the pickle names stays a name. Only storages that a tensor() asks
/// for are looked at. UserErrors name the file. Immutable; any thread.
class TorchFile {
 public:
  /// The whole file. TornFile where the zip's end is missing (being written, or cut off).
  static std::shared_ptr<const TorchFile> open(std::shared_ptr<const MappedFile> file);
  /// Bytes [begin, begin + length) of it, an item of torch.distributed.checkpoint.
  static std::shared_ptr<const TorchFile> open(std::shared_ptr<const MappedFile> file,
                                               std::uint64_t begin, std::uint64_t length);
  virtual ~TorchFile() = default;

  virtual const PickleValue& root() const = 0;
  virtual const std::string& path() const = 0;
  /// The file name without its end that torch.save was given; "archive" where it had none.
  virtual const std::string& saved_as() const = 0;
  /// The tensor that a value stands for (through _rebuild_parameter, _rebuild_from_type_v2 ...), a
  /// view of the file with its strides. UserError, with `name`, where it is none, reaches outside
  /// its storage or its storage is not whole. A dtype that is not a weight's leaves `dtype` empty.
  virtual StoredTensor tensor(const PickleValue& value, const std::string& name) const = 0;
  static bool is_tensor(const PickleValue& value);
};

}  // namespace flm
