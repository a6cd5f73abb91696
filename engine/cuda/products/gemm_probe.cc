#include "engine/cuda/products/gemm_probe.h"

#include <algorithm>
#include <cstring>
#include <ostream>
#include <string>

#include "base/sha256.h"
#include "engine/cuda/products/gemm_operands.h"
#include "engine/cuda/products/gemm_search.h"
#include "engine/cuda/runtime/best_seconds.h"

namespace flm {
namespace {

constexpr int kRuns = 3;

std::string bits_hash(const std::vector<float>& values) {
  Sha256 hash;
  return hash.update(values.data(), values.size() * sizeof(float)).hex().substr(0, 16);
}

std::string name_of(const GemmShape& shape) {
  return "n" + std::to_string(shape.n) + "_k" + std::to_string(shape.k);
}

/// The choices that a library names for some number of rows.
struct Asked {
  std::int64_t rows = 0;
  std::vector<AlgorithmSettings> choices;
};
std::vector<Asked> ask(GemmLibrary& library, const GemmShape& shape,
                       std::span<const std::int64_t> rows) {
  std::vector<Asked> all;
  for (const std::int64_t one : rows) all.push_back({one, library.choices(shape, one, 0)});
  return all;
}

/// One shape's operands and results.
class Bench {
 public:
  Bench(GemmLibrary& library, const GemmShape& shape, std::int64_t rows)
      : library_(library),
        operands_(shape, rows, stream_),
        c_(operands_.pool(), stream_, rows * shape.n * 4) {}

  GemmCall call(std::int64_t rows) const { return operands_.call(0, rows, c_.as<float>()); }
  GemmCall part_call(std::int64_t rows, std::int64_t first_output, std::int64_t outputs) const {
    return operands_.part_call(rows, first_output, outputs, c_.as<float>());
  }
  double seconds(const AlgorithmSettings& settings, std::int64_t rows) const {
    const int calls = static_cast<int>(std::clamp<std::int64_t>(256 / rows, 1, 8));
    return best_seconds(stream_, kRuns, calls,
                        [&] { library_.run(settings, call(rows), stream_, {}); });
  }
  /// The first `rows` rows of `call`, and of one that adds to c; empty where it is not taken.
  std::vector<float> result(const AlgorithmSettings& settings, const GemmCall& call,
                            std::int64_t rows, std::int64_t first_output = 0) const {
    const std::int64_t count = rows * call.n;
    std::vector<float> values(static_cast<std::size_t>(2 * count));
    for (const bool adds : {false, true}) {
      if (!library_.try_run(settings, operands_.ready(call, adds, first_output), stream_)) {
        stream_.wait();  // a copy may be under way
        return {};
      }
      copy_to_host(values.data() + (adds ? count : 0), call.c, count * 4, stream_);
    }
    stream_.wait();
    return values;
  }

 private:
  GemmLibrary& library_;
  const Stream stream_;
  const GemmOperands operands_;
  const Scratch c_;
};

std::ostream& operator<<(std::ostream& csv, const AlgorithmDescription& one) {
  return csv << one.id << ',' << one.tile << ',' << one.stages << ',' << one.cluster;
}

/// One choice at every number of rows; `first` is the hash that all are compared with, "" before it
/// is known. Returns the hash of its largest call, "" where it takes none.
std::string probe_choice(GemmLibrary& library, const Bench& bench, const std::string& columns,
                         const AlgorithmSettings& settings, std::span<const std::int64_t> called,
                         const std::string& first, std::ostream& csv) {
  struct Line {
    std::int64_t rows, workspace;
    double microseconds = 0;
    std::string hash;
  };
  std::vector<Line> lines;
  std::string last;
  const AlgorithmDescription one = library.describe(settings);
  for (const std::int64_t rows : called) {
    Line& line = lines.emplace_back(rows, library.workspace_of(settings, bench.call(rows)));
    const std::vector<float> values = bench.result(settings, bench.call(rows), 1);
    if (values.empty()) continue;
    line.hash = last = bits_hash(values);
    line.microseconds = bench.seconds(settings, rows) * 1e6;
  }
  const std::string& reference = first.empty() ? last : first;
  for (const Line& line : lines) {
    const bool accepted = !line.hash.empty();
    csv << columns << ',' << one << ',' << one.split << ',' << line.workspace << ',' << line.rows
        << ',' << accepted << ',';
    if (accepted) csv << line.microseconds << ',' << line.hash;
    csv << (accepted ? "," : ",,") << (accepted && line.hash == reference) << '\n';
  }
  return last;
}

// Rows of a decoding step: that many are compared, too.
constexpr std::int64_t kStepRows = 16;
/// Rows that choices are asked for, and of the call that is made: of a batch the least that shows
/// its bits.
struct AskedAndCalled {
  std::int64_t asked, called;
};
constexpr AskedAndCalled kMany{kTunedRows, 1024}, kStep{kStepRows, kStepRows};

/// Whether the `outputs` outputs from `first` on of [2 kStepRows, n] are `part`
/// [2 kStepRows, outputs].
bool holds(const std::vector<float>& whole, std::int64_t n, std::int64_t first,
           const std::vector<float>& part, std::int64_t outputs) {
  for (std::int64_t row = 0; row < 2 * kStepRows; ++row)
    if (std::memcmp(whole.data() + row * n + first, part.data() + row * outputs,
                    static_cast<std::size_t>(outputs) * sizeof(float)) != 0)
      return false;
  return true;
}

/// For each choice for (n, k): the rows that it gives, empty where it does not take the call.
std::vector<std::vector<float>> whole_results(GemmLibrary& library, const Bench& bench,
                                              const GemmShape& shape) {
  std::vector<std::vector<float>> all;
  const GemmCall call = bench.call(kMany.called);
  for (const AlgorithmSettings& settings : library.choices(shape, kMany.asked, 0))
    all.push_back(bench.result(settings, call, kStepRows));
  return all;
}

/// Indices of `wholes` whose outputs are those of the first and of the last rank by `settings`.
std::vector<std::size_t> equal_wholes(const Bench& bench,
                                      const std::vector<std::vector<float>>& wholes,
                                      const GemmShape& shape, int ranks,
                                      const AlgorithmSettings& settings, std::int64_t rows) {
  const std::int64_t outputs = shape.n / ranks, last = shape.n - outputs;
  const auto part = [&](std::int64_t first) {
    return bench.result(settings, bench.part_call(rows, first, outputs), kStepRows, first);
  };
  const std::vector<float> begin = part(0), end = part(last);
  if (begin.empty() || end.empty()) return {};
  std::vector<std::size_t> equal;
  for (std::size_t i = 0; i < wholes.size(); ++i)
    if (!wholes[i].empty() && holds(wholes[i], shape.n, 0, begin, outputs) &&
        holds(wholes[i], shape.n, last, end, outputs))
      equal.push_back(i);
  return equal;
}

}  // namespace

std::vector<GemmShape> products_of_52b() {
  return {{24576, 8192, true},
          {8192, 8192, true},
          {43648, 8192, true},
          {8192, 21824, true},
          {80384, 8192, true}};
}

void probe_gemm(GemmLibrary& library, std::span<const GemmShape> shapes, const ProbeRows& rows,
                std::ostream& csv, std::ostream& lines) {
  csv << "n,k,asked_rows,index,id,tile,stages,cluster,split,workspace,m,accepted,microseconds,hash,"
         "equal_to_first\n";
  for (const GemmShape& shape : shapes) {
    const Bench bench(library, shape, *std::max_element(rows.called.begin(), rows.called.end()));
    std::string first;
    for (const Asked& asked : ask(library, shape, rows.asked)) {
      int equal = 0;
      for (std::size_t i = 0; i < asked.choices.size(); ++i) {
        const std::string columns = std::to_string(shape.n) + "," + std::to_string(shape.k) + "," +
                                    std::to_string(asked.rows) + "," + std::to_string(i);
        const std::string last =
            probe_choice(library, bench, columns, asked.choices[i], rows.called, first, csv);
        if (first.empty()) first = last;
        equal += !last.empty() && last == first;
      }
      csv.flush();  // a session that is cut keeps what it has
      const std::string name = "gemm_" + name_of(shape) + "_asked" + std::to_string(asked.rows);
      lines << name << "_choices " << asked.choices.size() << " choices\n"
            << name << "_equal_to_first " << equal << " choices" << std::endl;
    }
  }
}

void probe_tensor_parallel(GemmLibrary& library, std::span<const GemmShape> shapes,
                           std::span<const int> ranks, std::ostream& csv, std::ostream& lines) {
  csv << "n,k,ranks,asked_rows,index,id,tile,stages,cluster,m,equal_to\n";
  for (const GemmShape& shape : shapes) {
    const Bench bench(library, shape, kMany.called);
    const auto wholes = whole_results(library, bench, shape);
    for (const int parts : ranks) {
      const std::string name = "tensor_parallel_" + name_of(shape) + "_r" + std::to_string(parts);
      if (shape.n % parts != 0) {
        lines << name << "_left_out " << shape.n % parts << " outputs_beyond_whole_parts\n";
        continue;
      }
      for (const auto& [asked, called] : {kMany, kStep}) {
        const auto choices = library.choices({shape.n / parts, shape.k, shape.bf16}, asked, 0);
        std::vector<bool> met(wholes.size());
        for (std::size_t i = 0; i < choices.size(); ++i) {
          csv << shape.n << ',' << shape.k << ',' << parts << ',' << asked << ',' << i << ','
              << library.describe(choices[i]) << ',' << called << ',';
          const char* space = "";
          for (const std::size_t one :
               equal_wholes(bench, wholes, shape, parts, choices[i], called)) {
            csv << space << one;
            space = " ";
            met[one] = true;
          }
          csv << '\n';
        }
        csv.flush();
        lines << name << "_m" << called << "_with_equal "
              << std::count(met.begin(), met.end(), true) << " choices_of_" << wholes.size()
              << std::endl;
      }
    }
  }
}

void probe_sustained(GemmLibrary& library, int device, const SustainedSizes& sizes,
                     std::ostream& csv, std::ostream& lines) {
  use_device(device);
  const auto sensors = DeviceSensors::open(device);
  csv << "seconds,tflops,sm_mhz,memory_mhz,watts,celsius\n";
  const double flops =
      sustained_flops(library, sizes, sensors.get(), [&](const SustainedStretch& stretch) {
        csv << stretch.end << ',' << stretch.flops / 1e12;
        const SensorReading& now = stretch.sensors;
        if (sensors)
          csv << ',' << now.sm_mhz << ',' << now.memory_mhz << ',' << now.watts << ','
              << now.celsius << std::endl;
        else
          csv << ",,,," << std::endl;
      });
  lines << "sustained_bf16 " << flops / 1e12 << " TFLOP/s" << std::endl;
}

}  // namespace flm
