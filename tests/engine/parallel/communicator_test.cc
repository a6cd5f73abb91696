#include "engine/parallel/communicator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <random>
#include <thread>

#include "base/errors.h"
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

/// Values of one rank with exponents from 2^-30 to 2^30: the order of a sum shows in its bits.
std::vector<float> spread_values(int rank, std::size_t n) {
  std::mt19937 random(100 + rank);
  std::vector<float> values(n);
  for (float& value : values) {
    const float mantissa = static_cast<float>(random() % 20000001) / 1e7f - 1;
    value = std::ldexp(mantissa, static_cast<int>(random() % 61) - 30);
  }
  return values;
}

TEST(ThreadCommunicator, SumsInRankOrderToTheBit) {
  for (int ranks : {1, 2, 3, 4}) {
    for (std::size_t n : {0, 1, 2, 3, 5, 1000}) {
      std::vector<float> expected(n), reversed(n);
      for (std::size_t i = 0; i < n; ++i) {
        for (int rank = 0; rank < ranks; ++rank) {
          const float value = spread_values(rank, n)[i];
          expected[i] = rank == 0 ? value : expected[i] + value;
        }
        for (int rank = ranks - 1; rank >= 0; --rank) reversed[i] += spread_values(rank, n)[i];
      }
      if (n == 1000 && ranks > 2) {
        EXPECT_NE(expected, reversed) << "the values must tell orders apart";
      }
      const auto errors = run_ranks(ranks, [&](Communicator& end) {
        for (int round = 0; round < 20; ++round) {
          std::vector<float> values = spread_values(end.rank(), n);
          end.all_reduce_sum(values);
          ASSERT_EQ(values.size(), n);
          ASSERT_EQ(n == 0 ? 0 : std::memcmp(values.data(), expected.data(), n * sizeof(float)), 0);
        }
      });
      expect_all(errors, testing::Eq(""));
    }
  }
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
      std::vector<float> values(random() % 40, static_cast<float>(end.rank() + round));
      std::int32_t word = end.rank() == round % 4 ? round : -1;
      switch (random() % 3) {
        case 0:
          end.all_reduce_sum(values);
          for (float value : values) ASSERT_EQ(value, 6.0f + 4.0f * static_cast<float>(round));
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
    end.rank() == 2 ? end.barrier() : end.all_reduce_sum(values);
  });
  expect_all(errors, AllOf(HasSubstr("rank 0 calls all_reduce_sum of 8"),
                           HasSubstr("rank 2 calls barrier")));
}

TEST(ThreadCommunicator, DifferentSizesFailOnAllRanks) {
  const auto errors = run_ranks(3, [](Communicator& end) {
    std::vector<float> values(end.rank() == 1 ? 9 : 8);
    end.all_reduce_sum(values);
  });
  expect_all(errors, AllOf(HasSubstr("of 8"), HasSubstr("rank 1 calls all_reduce_sum of 9")));
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
    end.all_reduce_sum(values);  // fails again at once
  });
  expect_all(errors, HasSubstr("rank 3 aborts: out of memory"));
}

TEST(ThreadCommunicator, ARankThatLeavesIsNoticedAtOnce) {
  const auto errors = run_ranks(make_thread_communicators(3, 10min), [](Communicator& end) {
    end.barrier();
    std::this_thread::sleep_for(end.rank() * 10ms);
    std::vector<float> values(3);
    if (end.rank() != 1) end.all_reduce_sum(values);
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
  end->all_reduce_sum(values);
  EXPECT_EQ(values, (std::vector<float>{1, 2.5f}));
  std::vector<float> out(2);
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
