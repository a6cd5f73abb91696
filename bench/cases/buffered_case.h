// What most cases share: named buffers in copies, poisoning, sentinels, and the sum of errors.
#pragma once

#include <string>
#include <vector>

#include "bench/cases/buffer.h"
#include "bench/cases/row.h"

namespace flm::bench {

/// Collects errors of outputs against the reference in double.
class Errors {
 public:
  void add(double got, double want, double tolerance);
  Check result() const;

 private:
  double worst_ = 0, squares_ = 0, reference_ = 0;
  std::string reason_;
};

/// About `most` of the indices 0 .. count-1, with the first, the last and both sides of every
/// register-block edge in reach.
std::vector<std::int64_t> sampled(std::int64_t count, std::int64_t most);

class BufferedCase : public Case {
 public:
  void restore(int copy, int seed) final;
  void run(int copy) final {
    calling_ = true;
    call(copy);
    calling_ = false;
  }
  void place_on(const Backend& backend) final;
  void wait() final;
  Check check(int copy, int runs) final;

 protected:
  explicit BufferedCase(int copies) : copies_(copies) {}
  /// Each returns the index for buffer(copy, index). Values are normal deviates times `scale`.
  int add_input(std::int64_t count, float scale);
  int add_in_place(std::int64_t count, float scale);  // an input that the call overwrites
  int add_output(std::int64_t count);

  /// The timed call.
  virtual void call(int copy) = 0;
  /// After the inputs are in place, untimed; buffer() as in call().
  virtual void prepare(int) {}
  /// Inside call() the backend's memory, elsewhere the host's.
  float* buffer(int copy, int index) {
    return calling_ && device_ ? placed_[place(copy, index)].get() : host(copy, index);
  }
  float* host(int copy, int index) { return at(copy, index).data(); }
  int copies() const { return copies_; }
  std::int64_t size(int index) { return at(0, index).size(); }
  /// The input as drawn, before the call overwrote it.
  float drawn(int copy, int index, std::int64_t i);
  virtual void verify(int copy, int runs, Errors& errors) = 0;

 private:
  enum class Role { kInput, kInPlace, kOutput };
  struct Kind {
    Role role;
    float scale;
  };
  int add(Role role, std::int64_t count, float scale);
  std::size_t place(int copy, int index) const {
    return static_cast<std::size_t>(index * copies_ + copy);
  }
  Buffer& at(int copy, int index) { return buffers_[place(copy, index)]; }
  int copies_;
  std::vector<Kind> kinds_;
  std::vector<Buffer> buffers_;  // [index][copy]
  const Backend* device_ = nullptr;
  std::vector<::flm::Buffer> placed_;  // [index][copy], on the device
  bool calling_ = false;
};

}  // namespace flm::bench
