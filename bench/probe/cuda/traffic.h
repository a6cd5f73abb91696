// What moves how fast: within the device, over the bus, and what page-locked memory costs to get.
#pragma once

#include <cstdint>
#include <ostream>

namespace flm::bench {

struct TrafficSizes {
  std::int64_t device_bytes = std::int64_t{1} << 30;  // a multiple of 16
  std::int64_t bus_bytes = 1'000'000'000;
  std::int64_t lock_bytes = 2'000'000'000;
  int runs = 10,
      calls = 4;  // of which the best counts, and in each of them; the bus takes one call
};

/// Lines: copy (bytes read and written), read, host_to_device, device_to_host in GB/s on
/// pseudo-random data; seconds to touch so many bytes of new memory, to lock as many, and to write
/// into them, with the host's free memory before and after, which on a virtual machine may grow as
/// it is used. Where the host refuses, "lock refused".
void probe_traffic(const TrafficSizes& sizes, std::ostream& lines);

}  // namespace flm::bench
