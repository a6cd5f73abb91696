#include "engine/checkpoint/formats/torch_bin.h"

#include <unordered_set>

#include "base/errors.h"
#include "base/text/printable.h"
#include "engine/checkpoint/formats/torch_file.h"

namespace flm {
namespace {

using Kind = PickleValue::Kind;

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
  throw UserError(path + ": the pickle " + what);
}

/// The dict of the state; whatever else the file is, its name is said.
const PickleValue& state_dict(const TorchFile& file) {
  const PickleValue& root = file.root();
  if (root.kind == Kind::kDict) return root;
  refuse(file.path(),
         "is not a dict of tensors" + naming(root) + ": save model.state_dict() with torch.save");
}

void require_tensor(const PickleValue& value, std::string_view name, const std::string& path) {
  if (TorchFile::is_tensor(value)) return;
  refuse(path, "entry " + printable(name) + " is not a tensor" + naming(value) +
                   ": a training checkpoint? Save model.state_dict() alone");
}

}  // namespace

std::vector<StoredTensor> read_torch_bin(const std::shared_ptr<const MappedFile>& file) {
  const std::shared_ptr<const TorchFile> torch = TorchFile::open(file);
  const std::string& path = file->path();
  const PickleValue& dict = state_dict(*torch);
  std::vector<StoredTensor> out;
  std::unordered_set<std::string_view> names;
  for (std::size_t i = 0; i < dict.items.size(); i += 2) {
    const std::optional<std::string_view> name = text(dict.items[i]);
    const PickleValue& value = *dict.items[i + 1];
    if (!name) refuse(path, "has a key that is no name: save model.state_dict() alone");
    if (!names.insert(*name).second)
      refuse(path, "holds " + printable(*name) + " twice: save it again");
    require_tensor(value, *name, path);
    out.push_back(torch->tensor(value, std::string(*name)));
  }
  return out;
}

}  // namespace flm
