#include "tests/engine/generation/toy_model.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace flm {
namespace {

TEST(ToyModelItself, FindsACopyOfWhatIsNotThere) {
  ToyModel model;
  const auto storage = model.make_kv_storage(192);
  PackedBatch batch{{5, 6}, {0, 1}, {0, 1}, {0, 0}, {1, 1}, {{0, 0, 2}}, {1}};
  model.forward(batch, *storage);
  PackedBatch next{{7}, {2}, {66}, {0}, {1}, {{64, 0, 3}}, {0}, {{0, 64, 2}}};
  EXPECT_EQ(model.forward(next, *storage),
            toy_logits(extend_path(extend_path(extend_path(1, 5), 6), 7)));
  PackedBatch wrong{{7}, {2}, {130}, {0}, {1}, {{128, 0, 3}}, {0}, {{0, 128, 3}}};
  EXPECT_THROW(model.forward(wrong, *storage), std::runtime_error) << "the third is no one's";
}

TEST(ToyModelItself, FindsAWrongSlot) {
  ToyModel model;
  const auto storage = model.make_kv_storage(128);
  PackedBatch batch{{5, 6}, {0, 1}, {0, 1}, {0, 1}, {1, 1}, {{0, 0, 1}, {0, 0, 2}}, {1}};
  EXPECT_EQ(model.forward(batch, *storage), toy_logits(extend_path(extend_path(1, 5), 6)));
  PackedBatch next{{7}, {2}, {66}, {0}, {2}, {{64, 0, 2}, {66, 2, 1}}, {0}};
  EXPECT_THROW(model.forward(next, *storage), std::runtime_error) << "slots never written";
}

}  // namespace
}  // namespace flm
