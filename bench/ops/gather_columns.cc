// The gather of columns that tensor parallel needs four times a layer; ranks are threads, as in a
// CPU run.
#include <barrier>
#include <thread>

#include "bench/cases/buffered_case.h"
#include "bench/ops/ops.h"
#include "engine/parallel/column_parts.h"
#include "engine/parallel/communicator.h"

namespace flm::bench {
namespace {

class GatherColumnsCase : public BufferedCase {
 public:
  GatherColumnsCase(const Backend& backend, int copies, int ranks, std::int64_t rows,
                    std::int64_t width)
      : BufferedCase(copies),
        backend_(backend),
        rows_(rows),
        width_(width),
        ends_(make_thread_communicators(ranks)),
        gate_(ranks) {
    for (int rank = 0; rank < ranks; ++rank) {
      parts_.push_back(part_of(width, rank, ranks));
      mine_.push_back(add_input(rows * parts_.back().size(), 1));
      whole_.push_back(add_output(rows * width));
    }
    for (int rank = 1; rank < ranks; ++rank) team_.emplace_back([this, rank] { serve(rank); });
  }
  ~GatherColumnsCase() override {
    copy_ = -1;
    gate_.arrive_and_wait();
  }
  void call(int copy) override {
    copy_ = copy;
    gate_.arrive_and_wait();
    gather(0);
    gate_.arrive_and_wait();
  }

 protected:
  /// Every rank has every rank's columns, moved and not computed.
  void verify(int copy, int, Errors& errors) override {
    for (std::int64_t i : sampled(rows_ * width_, 10000)) {
      const std::int64_t row = i / width_, column = i % width_;
      std::size_t owner = 0;
      while (column >= parts_[owner].end) ++owner;
      const Range part = parts_[owner];
      const float value = drawn(copy, mine_[owner], row * part.size() + column - part.begin);
      for (int index : whole_)
        errors.add(buffer(copy, index)[i], static_cast<double>(value), 1e-30);
    }
  }

 private:
  void gather(int rank) {
    const auto r = static_cast<std::size_t>(rank);
    backend_.gather_columns(
        *ends_[r], {buffer(copy_, mine_[r]), parts_[r].size(), buffer(copy_, whole_[r]), width_,
                    rows_, sizeof(float), parts_});
  }
  void serve(int rank) {
    while (true) {
      gate_.arrive_and_wait();
      if (copy_ < 0) return;
      gather(rank);
      gate_.arrive_and_wait();
    }
  }

  const Backend& backend_;
  std::int64_t rows_, width_;
  std::vector<Range> parts_;
  std::vector<std::unique_ptr<Communicator>> ends_;
  std::vector<int> mine_, whole_;  // of each rank
  int copy_ = 0;
  std::barrier<> gate_;
  std::vector<std::jthread> team_;  // last: joined before what it uses goes
};

}  // namespace

void add_gather_columns_rows(const ModelShape& s, int threads, std::vector<Row>& rows) {
  if (s.tensor_parallel == 1 || threads == 1 || s.tensor_parallel > threads) return;
  for (std::int64_t tokens : {1, 8, 64, 512, 4096}) {
    const double ranks = s.tensor_parallel,
                 n = static_cast<double>(tokens) * static_cast<double>(s.hidden);
    Row row = row_of("gather_columns", s, threads, "fp32", "T:" + std::to_string(tokens));
    row.cost = {0, 4 * ranks * n, 4 * ranks * n};
    row.resident_bytes = 4 * (ranks + 1) * n;
    row.standard = tokens == 64 || tokens == 512;
    row.make = maker<GatherColumnsCase>(s.tensor_parallel, tokens, s.hidden);
    add_cold_and_hot(row, false, rows);
  }
}

}  // namespace flm::bench
