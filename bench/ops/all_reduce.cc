// The sum over ranks that tensor parallel needs twice a layer; ranks are threads, as in a CPU run.
#include <barrier>
#include <cmath>
#include <thread>

#include "bench/buffered_case.h"
#include "bench/ops/ops.h"
#include "engine/parallel/communicator.h"

namespace flm::bench {
namespace {

class AllReduceCase : public BufferedCase {
 public:
  AllReduceCase(const Backend& backend, int copies, int ranks, std::int64_t count)
      : BufferedCase(copies),
        backend_(backend),
        count_(count),
        ends_(make_thread_communicators(ranks)),
        gate_(ranks) {
    for (int rank = 0; rank < ranks; ++rank) values_.push_back(add_in_place(count, 1));
    for (int rank = 1; rank < ranks; ++rank) team_.emplace_back([this, rank] { serve(rank); });
  }
  ~AllReduceCase() override {
    copy_ = -1;
    gate_.arrive_and_wait();
  }
  int most_runs() const override { return 1; }  // sums grow in place
  void call(int copy) override {
    copy_ = copy;
    gate_.arrive_and_wait();
    reduce(0);
    gate_.arrive_and_wait();
  }

 protected:
  /// Every rank has the same bits: the sum in rank order, each addition rounded once.
  void verify(int copy, int, Errors& errors) override {
    for (std::int64_t i : sampled(count_, 10000)) {
      double sum = 0, sizes = 0;
      for (int index : values_) {
        sum += static_cast<double>(drawn(copy, index, i));
        sizes += std::abs(static_cast<double>(drawn(copy, index, i)));
      }
      const float first = buffer(copy, values_[0])[i];
      errors.add(first, sum, 0x1p-23 * sizes + 1e-30);
      for (int index : values_)
        errors.add(buffer(copy, index)[i], static_cast<double>(first), 1e-30);
    }
  }

 private:
  void reduce(int rank) {
    backend_.all_reduce(*ends_[static_cast<std::size_t>(rank)],
                        buffer(copy_, values_[static_cast<std::size_t>(rank)]), count_);
  }
  void serve(int rank) {
    while (true) {
      gate_.arrive_and_wait();
      if (copy_ < 0) return;
      reduce(rank);
      gate_.arrive_and_wait();
    }
  }

  const Backend& backend_;
  std::int64_t count_;
  std::vector<std::unique_ptr<Communicator>> ends_;
  std::vector<int> values_;  // of each rank
  int copy_ = 0;
  std::barrier<> gate_;
  std::vector<std::jthread> team_;  // last: joined before what it uses goes
};

}  // namespace

void add_all_reduce_rows(const ModelShape& s, int threads, std::vector<Row>& rows) {
  if (s.tensor_parallel == 1 || threads == 1 || s.tensor_parallel > threads) return;
  for (std::int64_t tokens : {1, 8, 64, 512, 4096}) {
    const double ranks = s.tensor_parallel,
                 n = static_cast<double>(tokens) * static_cast<double>(s.hidden);
    Row row = row_of("all_reduce", s, threads, "fp32", "T:" + std::to_string(tokens));
    row.cost = {(ranks - 1) * n, 4 * ranks * n, 4 * ranks * n};
    row.resident_bytes = row.cost.read_bytes;
    row.standard = tokens == 64 || tokens == 512;
    row.make = maker<AllReduceCase>(s.tensor_parallel, tokens * s.hidden);
    add_cold_and_hot(row, false, rows);
  }
}

}  // namespace flm::bench
