// The tests leave the user's cache alone.
#include <gtest/gtest.h>

#include <memory>

#include "tests/engine/checkpoint/small_checkpoint.h"

namespace flm {
namespace {

class OwnCache : public testing::Environment {
 public:
  void SetUp() override {
    folder_ = std::make_unique<TemporaryFolder>();
    setenv("XDG_CACHE_HOME", folder_->path().c_str(), 1);
  }
  void TearDown() override { folder_.reset(); }

 private:
  std::unique_ptr<TemporaryFolder> folder_;
};

const testing::Environment* const kOwnCache = testing::AddGlobalTestEnvironment(new OwnCache);

}  // namespace
}  // namespace flm
