// Host twins of the instructions that a warp executes together or that complete later.
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "tests/engine/cuda/emulation/device.h"

namespace flm::emulation {
namespace {

const char vote_place = 0, load_place = 0, multiply_place = 0;

struct MatrixLane {
  std::uint32_t* out;
  const std::uint16_t* row;
  bool transposed;
};

/// Lane l gets elements (l / 4, 2 * (l % 4)) and the next of each matrix, or of its transpose.
void distribute(void* const lanes[32]) {
  for (int l = 0; l < 32; ++l) {
    const MatrixLane& to = *static_cast<MatrixLane*>(lanes[l]);
    for (int matrix = 0; matrix < 4; ++matrix) {
      std::uint32_t both = 0;
      for (int i = 0; i < 2; ++i) {
        int row = l / 4, column = 2 * (l % 4) + i;
        if (to.transposed) std::swap(row, column);
        const MatrixLane& from = *static_cast<MatrixLane*>(lanes[8 * matrix + row]);
        both |= static_cast<std::uint32_t>(from.row[column]) << 16 * i;
      }
      to.out[matrix] = both;
    }
  }
}

struct MultiplyLane {
  float* sum;
  const std::uint32_t* a;
  std::uint32_t b[2];
};

float half_of(std::uint32_t both, int which) {
  return to_float({static_cast<std::uint16_t>(both >> 16 * which)});
}

/// Fragments as the PTX manual lays them out (mma.m16n8k16, .bf16).
void multiply(void* const lanes[32]) {
  float a[16][16], b[16][8];
  for (int l = 0; l < 32; ++l) {
    const MultiplyLane& lane = *static_cast<MultiplyLane*>(lanes[l]);
    const int group = l / 4, pair = 2 * (l % 4);
    for (int i = 0; i < 2; ++i) {
      a[group][pair + i] = half_of(lane.a[0], i);
      a[group + 8][pair + i] = half_of(lane.a[1], i);
      a[group][pair + 8 + i] = half_of(lane.a[2], i);
      a[group + 8][pair + 8 + i] = half_of(lane.a[3], i);
      b[pair + i][group] = half_of(lane.b[0], i);
      b[pair + 8 + i][group] = half_of(lane.b[1], i);
    }
  }
  for (int l = 0; l < 32; ++l) {
    float* sum = static_cast<MultiplyLane*>(lanes[l])->sum;
    for (int i = 0; i < 4; ++i) {
      const int row = l / 4 + 8 * (i / 2), column = 2 * (l % 4) + i % 2;
      for (int k = 0; k < 16; ++k) sum[i] = std::fma(a[row][k], b[k][column], sum[i]);
    }
  }
}

}  // namespace

std::uint32_t vote(std::uint32_t mask, int predicate) {
  check_full(mask);
  struct Lane {
    int predicate;
    std::uint32_t ballot;
  } data{predicate, 0};
  warp_meet(&vote_place, &data, [](void* const lanes[32]) {
    std::uint32_t ballot = 0;
    for (int i = 0; i < 32; ++i)
      ballot |= static_cast<std::uint32_t>(static_cast<Lane*>(lanes[i])->predicate != 0) << i;
    for (int i = 0; i < 32; ++i) static_cast<Lane*>(lanes[i])->ballot = ballot;
  });
  return data.ballot;
}

void defer_copy(void* shared, const void* global) {
  if (reinterpret_cast<std::uintptr_t>(shared) % 16 ||
      reinterpret_cast<std::uintptr_t>(global) % 16)
    throw std::logic_error("cp.async of 16 bytes at an address that is no multiple of 16");
  begin_store(shared, 16);
  std::memset(shared, 0xFF, 16);
  current_thread().open.push_back({shared, global});
}

void commit_copies() {
  ThreadState& thread = current_thread();
  thread.copies.push_back(std::move(thread.open));
  thread.open.clear();
}

void wait_copies(int pending) {
  auto& groups = current_thread().copies;
  while (groups.size() > static_cast<std::size_t>(pending)) {
    for (const PendingCopy& copy : groups.front()) {
      copy.global ? std::memcpy(copy.shared, copy.global, 16) : std::memset(copy.shared, 0, 16);
      note_store(copy.shared, 16);
    }
    groups.erase(groups.begin());
  }
}

void load_matrices(std::uint32_t (&out)[4], const void* row, bool transposed) {
  if (reinterpret_cast<std::uintptr_t>(row) % 16)
    throw std::logic_error("ldmatrix row at an address that is no multiple of 16");
  MatrixLane data{out, static_cast<const std::uint16_t*>(row), transposed};
  warp_meet(&load_place, &data, distribute);
}

void multiply_matrices(float (&sum)[4], const std::uint32_t (&a)[4], std::uint32_t b0,
                       std::uint32_t b1) {
  MultiplyLane data{sum, a, {b0, b1}};
  warp_meet(&multiply_place, &data, multiply);
}

}  // namespace flm::emulation
