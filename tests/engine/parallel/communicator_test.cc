#include "engine/parallel/communicator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <thread>

#include "base/errors.h"
#include "engine/parallel/column_parts.h"
#include "engine/parallel/thread_communicator.h"

namespace flm {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using namespace std::chrono_literals;

using Body = std::function<void(Communicator&)>;

/// Runs `body` on each rank in a thread of its own, which owns its end; returns each rank's error
/// or "".
std::vector<std::string> run_ranks(std::vector<std::unique_ptr<Communicator>> ends,
                                   const Body& body) {
  std::vector<std::string> errors(ends.size());
  std::vector<std::thread> threads;
  for (std::size_t rank = 0; rank < errors.size(); ++rank) {
    threads.emplace_back([&body, &error = errors[rank], end = std::move(ends[rank])]() mutable {
      try {
        body(*end);
      } catch (const InternalError& e) {
        error = e.what();
      }
      end.reset();
    });
  }
  for (auto& thread : threads) thread.join();
  return errors;
}

std::vector<std::string> run_ranks(int ranks, const Body& body) {
  return run_ranks(make_thread_communicators(ranks, 20s), body);
}

void expect_all(const std::vector<std::string>& errors,
                const testing::Matcher<std::string>& matcher) {
  for (const auto& error : errors) EXPECT_THAT(error, matcher);
}

std::span<const std::byte> bytes_of(const auto& value) {
  return std::as_bytes(std::span(&value, 1));
}

void show(Communicator& end, const std::vector<float>& values) {
  end.exchange("show", values.size(), values.data(), [](std::span<const void* const>) {});
}

/// Element (row, column) of a matrix that every rank has a part of.
std::int32_t element(std::int64_t row, std::int64_t column) {
  return static_cast<std::int32_t>(1000 * row + column);
}

/// Parts of one and of no column among them; from memory of their own and in place.
TEST(ThreadCommunicator, ColumnsBecomeWholeOnEveryRank) {
  const std::vector<Range> parts = {{0, 3}, {3, 4}, {4, 4}, {4, 11}};
  constexpr std::int64_t kRows = 5, kWidth = 11, kStride = 13;
  const auto errors = run_ranks(4, [&](Communicator& end) {
    const Range part = parts[static_cast<std::size_t>(end.rank())];
    for (const bool in_place : {false, true}) {
      std::vector<std::int32_t> whole(kRows * kStride, -1), own(kRows * part.size() + 1);
      std::int32_t* mine = in_place ? whole.data() + part.begin : own.data();
      const std::int64_t stride = in_place ? kStride : part.size();
      for (std::int64_t row = 0; row < kRows; ++row)
        for (std::int64_t i = 0; i < part.size(); ++i)
          mine[row * stride + i] = element(row, part.begin + i);
      end.gather_columns({mine, stride, whole.data(), kStride, kRows, 4, parts});
      for (std::int64_t row = 0; row < kRows; ++row)
        for (std::int64_t column = 0; column < kStride; ++column)
          ASSERT_EQ(whole[static_cast<std::size_t>(row * kStride + column)],
                    column < kWidth ? element(row, column) : -1);
    }
  });
  expect_all(errors, testing::Eq(""));
}

TEST(ThreadCommunicator, AnErrorWhileTheOthersReadIsToldAndHoldsNobody) {
  const auto errors = run_ranks(3, [](Communicator& end) {
    const int shown = end.rank();
    end.exchange("show", 1, &shown, [&](std::span<const void* const> all) {
      FLM_CHECK(end.rank() != 1, "rank 1 cannot read");
      for (std::size_t r = 0; r < all.size(); ++r)
        EXPECT_EQ(*static_cast<const int*>(all[r]), static_cast<int>(r));
    });
  });
  EXPECT_EQ(errors[0], "");
  EXPECT_THAT(errors[1], HasSubstr("rank 1 cannot read"));
  EXPECT_EQ(errors[2], "");
}

TEST(ThreadCommunicator, GathersAndBroadcasts) {
  const auto errors = run_ranks(4, [](Communicator& end) {
    const std::int64_t mine = 1000 + end.rank();
    std::vector<std::int64_t> all(4);
    end.all_gather(bytes_of(mine), std::as_writable_bytes(std::span(all)));
    EXPECT_EQ(all, (std::vector<std::int64_t>{1000, 1001, 1002, 1003}));

    std::vector<std::int64_t> in_place(4);
    in_place[end.rank()] = mine;
    end.all_gather(bytes_of(in_place[end.rank()]), std::as_writable_bytes(std::span(in_place)));
    EXPECT_EQ(in_place, all);

    for (int root = 0; root < 4; ++root) {
      std::int64_t value = end.rank() == root ? 77 + root : -1;
      end.broadcast(std::as_writable_bytes(std::span(&value, 1)), root);
      EXPECT_EQ(value, 77 + root);
    }
    end.broadcast({}, 0);
    end.all_gather({}, {});
  });
  expect_all(errors, testing::Eq(""));
}

TEST(ThreadCommunicator, ThousandsOfCallsInARow) {
  const auto errors = run_ranks(4, [](Communicator& end) {
    std::mt19937 random(1);  // the same calls on every rank
    for (int round = 0; round < 4000; ++round) {
      std::vector<float> values(random() % 40, static_cast<float>(end.rank() + round)), all;
      std::int32_t word = end.rank() == round % 4 ? round : -1;
      switch (random() % 3) {
        case 0:
          all.resize(values.size() * 4);
          end.all_gather(std::as_bytes(std::span(values)), std::as_writable_bytes(std::span(all)));
          for (std::size_t i = 0; i < all.size(); ++i)
            ASSERT_EQ(all[i], static_cast<float>(static_cast<int>(i / values.size()) + round));
          break;
        case 1:
          end.broadcast(std::as_writable_bytes(std::span(&word, 1)), round % 4);
          ASSERT_EQ(word, round);
          break;
        default:
          end.barrier();
      }
    }
  });
  expect_all(errors, testing::Eq(""));
}

TEST(ThreadCommunicator, BarrierHoldsUntilAllAreThere) {
  std::atomic<int> arrived{0};
  const auto errors = run_ranks(4, [&](Communicator& end) {
    for (int round = 1; round <= 100; ++round) {
      ++arrived;
      end.barrier();
      ASSERT_GE(arrived, 4 * round);
      end.barrier();
    }
  });
  expect_all(errors, testing::Eq(""));
}

TEST(ThreadCommunicator, DifferentCallsFailOnAllRanks) {
  const auto errors = run_ranks(4, [](Communicator& end) {
    std::vector<float> values(8);
    end.barrier();
    end.rank() == 2 ? end.barrier() : show(end, values);
  });
  expect_all(errors, AllOf(HasSubstr("rank 0 calls show of 8"), HasSubstr("rank 2 calls barrier")));
}

TEST(ThreadCommunicator, DifferentSizesFailOnAllRanks) {
  const auto errors = run_ranks(3, [](Communicator& end) {
    std::vector<float> values(end.rank() == 1 ? 9 : 8);
    show(end, values);
  });
  expect_all(errors, AllOf(HasSubstr("of 8"), HasSubstr("rank 1 calls show of 9")));
}

TEST(ThreadCommunicator, DifferentRootsFailOnAllRanks) {
  const auto errors = run_ranks(2, [](Communicator& end) {
    std::int32_t value = 0;
    end.broadcast(std::as_writable_bytes(std::span(&value, 1)), end.rank());
  });
  expect_all(errors, HasSubstr("ranks disagree"));
}

TEST(ThreadCommunicator, AWrongArgumentOfOneRankFailsOnAll) {
  const auto errors = run_ranks(3, [](Communicator& end) {
    const std::int32_t mine = end.rank();
    std::vector<std::int32_t> all(end.rank() == 1 ? 2 : 3);
    end.all_gather(bytes_of(mine), std::as_writable_bytes(std::span(all)));
  });
  expect_all(errors, HasSubstr("all_gather needs out of size() times the values"));
  expect_all(run_ranks(2, [](Communicator& end) { end.broadcast({}, 2); }),
             HasSubstr("not in the group"));
}

TEST(ThreadCommunicator, AbortWakesTheOthersAndStays) {
  const auto errors = run_ranks(4, [](Communicator& end) {
    end.barrier();
    if (end.rank() == 3) {
      std::this_thread::sleep_for(20ms);
      end.abort("out of memory");
    }
    EXPECT_THROW(end.barrier(), InternalError);
    std::vector<float> values(3);
    show(end, values);  // fails again at once
  });
  expect_all(errors, HasSubstr("rank 3 aborts: out of memory"));
}

TEST(ThreadCommunicator, ARankThatLeavesIsNoticedAtOnce) {
  const auto errors = run_ranks(make_thread_communicators(3, 10min), [](Communicator& end) {
    end.barrier();
    std::this_thread::sleep_for(end.rank() * 10ms);
    std::vector<float> values(3);
    if (end.rank() != 1) show(end, values);
  });
  EXPECT_EQ(errors[1], "");
  for (int rank : {0, 2})
    EXPECT_THAT(errors[rank], AllOf(HasSubstr("left the group"), HasSubstr("rank 1")));
}

TEST(ThreadCommunicator, ARankThatNeverComesIsNamed) {
  std::atomic<bool> over{false};
  const auto errors = run_ranks(make_thread_communicators(3, 50ms), [&](Communicator& end) {
    if (end.rank() == 2) {
      while (!over) std::this_thread::sleep_for(1ms);
      return;
    }
    try {
      end.barrier();
    } catch (...) {
      over = true;
      throw;
    }
  });
  EXPECT_THAT(errors[0], AllOf(HasSubstr("has waited 50 ms for rank 2")));
  EXPECT_EQ(errors[0].substr(errors[0].find("rank")), errors[1].substr(errors[1].find("rank")));
}

TEST(ThreadCommunicator, ReceiversWaitForTheirRootWithoutLimit) {
  const auto errors = run_ranks(make_thread_communicators(3, 30ms), [](Communicator& end) {
    std::int32_t command = 0;
    if (end.rank() == 0) {
      std::this_thread::sleep_for(150ms);
      command = 5;
    }
    end.broadcast(std::as_writable_bytes(std::span(&command, 1)), 0);
    EXPECT_EQ(command, 5);
  });
  expect_all(errors, testing::Eq(""));
}

TEST(ThreadCommunicator, AReceiverThatIsMissingIsNamed) {
  std::atomic<bool> over{false};
  const auto errors = run_ranks(make_thread_communicators(3, 50ms), [&](Communicator& end) {
    std::int32_t command = 0;
    if (end.rank() == 1) {
      while (!over) std::this_thread::sleep_for(1ms);
      return;
    }
    try {
      end.broadcast(std::as_writable_bytes(std::span(&command, 1)), 0);
    } catch (...) {
      over = true;
      throw;
    }
  });
  EXPECT_THAT(errors[0], HasSubstr("for rank 1"));
  EXPECT_THAT(errors[2], HasSubstr("for rank 1"));
}

TEST(SingleCommunicator, IsTheIdentity) {
  const auto end = make_single_communicator();
  EXPECT_EQ(end->rank(), 0);
  EXPECT_EQ(end->size(), 1);
  std::vector<float> values{1, 2.5f};
  std::vector<float> out(2), whole(2);
  const std::vector<Range> parts = {{0, 2}};
  end->gather_columns({values.data(), 2, whole.data(), 2, 1, 4, parts});
  EXPECT_EQ(whole, values);
  end->all_gather(std::as_bytes(std::span(values)), std::as_writable_bytes(std::span(out)));
  EXPECT_EQ(out, values);
  end->broadcast(std::as_writable_bytes(std::span(values)), 0);
  end->barrier();
  EXPECT_THROW(end->broadcast({}, 1), InternalError);
  EXPECT_THROW(end->all_gather(std::as_bytes(std::span(values)), {}), InternalError);
  EXPECT_THROW(make_thread_communicators(0), InternalError);
}

}  // namespace
}  // namespace flm
