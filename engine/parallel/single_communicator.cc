#include <cstring>

#include "base/errors.h"
#include "engine/parallel/column_parts.h"
#include "engine/parallel/communicator.h"

namespace flm {
namespace {

class SingleCommunicator final : public Communicator {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  void all_gather(std::span<const std::byte> values, std::span<std::byte> out) override {
    FLM_CHECK(out.size() == values.size(), "all_gather of one rank needs out of the same size");
    if (!values.empty()) std::memmove(out.data(), values.data(), values.size());
  }
  void gather_columns(const ColumnParts& columns) override { copy_columns(columns, 0, columns); }
  void exchange(const char*, std::size_t, const void* mine, const UsePointers& use) override {
    use({&mine, 1});
  }
  void broadcast(std::span<std::byte>, int root) override {
    FLM_CHECK(root == 0, "broadcast from rank " + std::to_string(root) + " in a group of 1");
  }
  void barrier() override {}
  void abort(const char*) override {}  // nobody else to wake
};

}  // namespace

std::unique_ptr<Communicator> make_single_communicator() {
  return std::make_unique<SingleCommunicator>();
}

}  // namespace flm
