#include "bench/cases/buffered_case.h"

#include <algorithm>
#include <cmath>

namespace flm::bench {

void Errors::add(double got, double want, double tolerance) {
  const double error = std::abs(got - want);
  if (!std::isfinite(got)) {
    if (reason_.empty()) reason_ = "the output has a value that is not finite or was not written";
    return;
  }
  if (error > tolerance && reason_.empty())
    reason_ = "got " + std::to_string(got) + ", reference " + std::to_string(want) +
              ", tolerance " + std::to_string(tolerance);
  worst_ = std::max(worst_, error / tolerance);
  squares_ += error * error;
  reference_ += want * want;
}

Check Errors::result() const {
  return {reason_.empty(), reason_, worst_, reference_ > 0 ? squares_ / reference_ : squares_};
}

std::vector<std::int64_t> sampled(std::int64_t count, std::int64_t most) {
  std::vector<std::int64_t> indices;
  if (count <= most) {
    for (std::int64_t i = 0; i < count; ++i) indices.push_back(i);
    return indices;
  }
  // The fractional parts of multiples of the golden ratio cover the range evenly.
  for (std::int64_t i = 0; i < std::max<std::int64_t>(most - 2, 0); ++i) {
    const double part = static_cast<double>(i + 1) * 0.6180339887498949;
    indices.push_back(
        static_cast<std::int64_t>((part - std::floor(part)) * static_cast<double>(count)));
  }
  indices.push_back(0);
  indices.push_back(count - 1);
  std::sort(indices.begin(), indices.end());
  indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
  return indices;
}

int BufferedCase::add(Role role, std::int64_t count, float scale) {
  kinds_.push_back({role, scale});
  for (int copy = 0; copy < copies_; ++copy) buffers_.emplace_back(count);
  return static_cast<int>(kinds_.size()) - 1;
}

int BufferedCase::add_input(std::int64_t count, float scale) {
  return add(Role::kInput, count, scale);
}
int BufferedCase::add_in_place(std::int64_t count, float scale) {
  return add(Role::kInPlace, count, scale);
}
int BufferedCase::add_output(std::int64_t count) { return add(Role::kOutput, count, 0); }

float BufferedCase::drawn(int copy, int index, std::int64_t i) {
  return normal_at(at(copy, index).stream(), i, kinds_[static_cast<std::size_t>(index)].scale);
}

void BufferedCase::place_on(const Backend& backend) {
  device_ = &backend;
  for (const Buffer& buffer : buffers_)
    placed_.push_back(backend.allocate(buffer.size() * static_cast<std::int64_t>(sizeof(float))));
}

void BufferedCase::wait() {
  float first = 0;
  if (device_) device_->download(placed_[0].get(), 1, &first);
}

void BufferedCase::restore(int copy, int seed) {
  calling_ = false;  // a call that threw left it
  for (int index = 0; index < static_cast<int>(kinds_.size()); ++index) {
    const Kind& kind = kinds_[static_cast<std::size_t>(index)];
    if (kind.role == Role::kOutput)
      at(copy, index).poison();
    else
      at(copy, index).fill(static_cast<std::uint64_t>(seed * 64 + index), kind.scale);
    if (device_)
      device_->upload(host(copy, index), at(copy, index).size(), placed_[place(copy, index)].get());
  }
  calling_ = true;
  prepare(copy);
  calling_ = false;
}

Check BufferedCase::check(int copy, int runs) {
  for (int index = 0; device_ && index < static_cast<int>(kinds_.size()); ++index)
    device_->download(placed_[place(copy, index)].get(), at(copy, index).size(), host(copy, index));
  Errors errors;
  verify(copy, runs, errors);
  Check check = errors.result();
  for (int index = 0; index < static_cast<int>(kinds_.size()) && check.passed; ++index) {
    const Buffer& memory = at(copy, index);
    const Role role = kinds_[static_cast<std::size_t>(index)].role;
    if (!memory.sentinels_intact())
      check.reason = "values around a buffer were overwritten";
    else if (role == Role::kInput && !memory.unchanged())
      check.reason = "an input was changed";
    else if (role != Role::kInput && !std::all_of(memory.data(), memory.data() + memory.size(),
                                                  [](float v) { return std::isfinite(v); }))
      check.reason = "the output has a value that is not finite or was not written";
    check.passed = check.reason.empty();
  }
  return check;
}

}  // namespace flm::bench
