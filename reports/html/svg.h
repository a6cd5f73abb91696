// Charts as static SVG: pure functions of numbers. Colours and line styles are classes of page.css,
// and no meaning rests on colour alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace flm {

/// An axis from `low` to `high`.
struct Scale {
  double low = 0, high = 1;
};

/// Widened to round ends; something that can be drawn for any values.
Scale scale_over(double low, double high);

/// Round numbers within the scale, about `most`.
std::vector<double> ticks_of(const Scale& scale, int most);

/// "1.2k", "3M", "4.5e18": a large number for an axis, to four digits.
std::string position_text(double x);

/// A tick as text, with the digits that tell it from the next one.
std::string tick_text(const Scale& scale, int most, double tick);

/// What a value looks like: a dot, or a triangle that says better or worse.
enum class Mark { kDot, kBetter, kWorse };

struct DrawnInterval {
  std::optional<double> value, low, high;
  std::optional<double> reference;  // chance, or no difference: a broken line
  Mark mark = Mark::kDot;
  std::string title;  // read aloud and shown under the pointer
};

/// One row of a chart: 220 x 22, to stand in a table's cell.
std::string interval_svg(const Scale& scale, const DrawnInterval& interval);

/// The axis below such rows; fewer ticks where their labels would run into one another.
std::string axis_svg(const Scale& scale);

/// Counts of equal bins between `scale`'s ends; zero is marked.
std::string histogram_svg(const Scale& scale, const std::vector<std::int64_t>& counts,
                          const std::string& title);

}  // namespace flm
