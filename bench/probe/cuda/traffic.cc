#include "bench/probe/cuda/traffic.h"

#include <functional>
#include <random>

#include "base/system/clock.h"
#include "base/system/machine.h"
#include "bench/probe/output.h"
#include "engine/cpu/large_buffer.h"
#include "engine/cuda/kernels/kernels.h"
#include "engine/cuda/runtime/best_seconds.h"
#include "engine/cuda/runtime/device_pool.h"
#include "engine/cuda/runtime/runtime.h"
#include "engine/cuda/runtime/scratch.h"

namespace flm::bench {
namespace {

constexpr std::int64_t kPage = 4096;

void fill(std::byte* memory, std::int64_t bytes) {
  std::mt19937_64 random(5);
  auto* words = reinterpret_cast<std::uint64_t*>(memory);
  for (std::int64_t i = 0; i < bytes / 8; ++i) words[i] = random();
}

void touch(void* memory, std::int64_t bytes) {
  auto* pages = static_cast<volatile char*>(memory);
  for (std::int64_t at = 0; at < bytes; at += kPage) pages[at] = 1;
}

void print_device(const TrafficSizes& sizes, std::ostream& lines) {
  const std::int64_t bytes = sizes.device_bytes;
  const Stream stream;
  DevicePool pool(stream, DevicePool::Takers::kSameStream);
  const Scratch from(pool, stream, bytes), to(pool, stream, bytes),
      sums(pool, stream, cuda::kReadSums * 4);
  cuda::pseudo_random(stream, 3, bytes / 4, false, from.as<void>());  // zeros cost less power
  const double gigabytes = static_cast<double>(bytes) / 1e9;
  const double copy = best_seconds(stream, sizes.runs, sizes.calls, [&] {
    copy_within_device(to.as<void>(), from.as<void>(), bytes, stream);
  });
  const double read = best_seconds(stream, sizes.runs, sizes.calls, [&] {
    cuda::read_all(stream, from.as<float>(), bytes / 4, sums.as<float>());
  });
  print_line(lines, "copy", 2 * gigabytes / copy, "GB/s");
  print_line(lines, "read", gigabytes / read, "GB/s");
}

void print_bus(const TrafficSizes& sizes, std::ostream& lines) {
  const std::int64_t bytes = sizes.bus_bytes;
  const std::unique_ptr<PinnedMemory> host = PinnedMemory::of(bytes);
  fill(host->data(), bytes);
  const Stream stream;
  DevicePool pool(stream, DevicePool::Takers::kSameStream);
  const Scratch memory(pool, stream, bytes);
  const double gigabytes = static_cast<double>(bytes) / 1e9;
  const double there = best_seconds(stream, sizes.runs, 1, [&] {
    copy_to_device(memory.as<void>(), host->data(), bytes, stream);
  });
  const double back = best_seconds(
      stream, sizes.runs, 1, [&] { copy_to_host(host->data(), memory.as<void>(), bytes, stream); });
  print_line(lines, "host_to_device", gigabytes / there, "GB/s");
  print_line(lines, "device_to_host", gigabytes / back, "GB/s");
}

double seconds_of(const std::function<void()>& call) {
  const double begin = monotonic_seconds();
  call();
  return monotonic_seconds() - begin;
}

void print_free(std::ostream& lines, const char* when) {
  print_line(lines, std::string("host_free_") + when, static_cast<double>(available_memory()) / 1e9,
             "GB");
}

void print_locking(std::int64_t bytes, std::ostream& lines) {
  print_line(lines, "lock_bytes", static_cast<double>(bytes) / 1e9, "GB");
  print_free(lines, "before");
  if (available_memory() > bytes + bytes / 8) {
    LargeBuffer plain = allocate_bytes(static_cast<std::size_t>(bytes));
    print_line(lines, "touch", seconds_of([&] { touch(plain.get(), bytes); }), "s");
  } else {
    lines << "touch refused too_little_is_free\n";
  }
  print_free(lines, "after_touch");
  std::unique_ptr<PinnedMemory> locked;
  const double seconds = seconds_of([&] { locked = PinnedMemory::where_there_is_room(bytes); });
  if (!locked) {
    lines << "lock refused cudaMallocHost\n";
    return;
  }
  print_line(lines, "lock", seconds, "s");
  print_line(lines, "touch_locked", seconds_of([&] { touch(locked->data(), bytes); }), "s");
  print_line(lines, "unlock", seconds_of([&] { locked.reset(); }), "s");
  print_free(lines, "after_lock");
}

}  // namespace

void probe_traffic(const TrafficSizes& sizes, std::ostream& lines) {
  print_device(sizes, lines);
  print_bus(sizes, lines);
  print_locking(sizes.lock_bytes, lines);
}

}  // namespace flm::bench
