#include "bench/views/roofline.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <sstream>

#include "bench/views/strict.h"
#include "bench/views/views.h"

namespace flm::bench {
namespace {

constexpr double kWidth = 960, kHeight = 600, kLeft = 80, kRight = 250, kTop = 40, kBottom = 60;
constexpr std::array kColours = {"#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf",
                                 "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#003f5c", "#7a5195"};

struct Mark {
  const ResultRow* row;
  std::string op;
  double intensity, speed;  // FLOP/byte, GFLOP/s
};

std::string escaped(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

std::vector<Mark> marks_of(const ResultFile& file) {
  std::vector<Mark> marks;
  for (const ResultRow& row : file.rows) {
    const auto intensity = row.counters.find("AI"), speed = row.counters.find("GFLOPs");
    if (row.seconds.empty() || intensity == row.counters.end() || speed == row.counters.end() ||
        intensity->second <= 0 || speed->second <= 0)
      continue;
    marks.push_back(
        {&row, row.name.substr(0, row.name.find('/')), intensity->second, speed->second});
  }
  return marks;
}

/// Decades that hold every mark and the roofs.
class Axes {
 public:
  Axes(const std::vector<Mark>& marks, double peak) {
    low_x_ = 0.1;
    high_x_ = 1000;
    low_y_ = 1;
    high_y_ = std::max(10.0, peak);
    for (const Mark& mark : marks) {
      low_x_ = std::min(low_x_, mark.intensity);
      high_x_ = std::max(high_x_, mark.intensity);
      low_y_ = std::min(low_y_, mark.speed);
      high_y_ = std::max(high_y_, mark.speed);
    }
    for (double* low : {&low_x_, &low_y_}) *low = std::pow(10, std::floor(std::log10(*low)));
    for (double* high : {&high_x_, &high_y_}) *high = std::pow(10, std::ceil(std::log10(*high)));
  }
  double x(double intensity) const {
    return kLeft +
           (kWidth - kLeft - kRight) * std::log(intensity / low_x_) / std::log(high_x_ / low_x_);
  }
  double y(double speed) const {
    return kHeight - kBottom -
           (kHeight - kTop - kBottom) * std::log(speed / low_y_) / std::log(high_y_ / low_y_);
  }
  double low_x() const { return low_x_; }
  double high_x() const { return high_x_; }

  std::string grid() const {
    std::string svg;
    for (double v = low_x_; v <= high_x_ * 1.001; v *= 10)
      svg += line(x(v), kTop, x(v), kHeight - kBottom) +
             text(x(v), kHeight - kBottom + 18, "middle", label(v));
    for (double v = low_y_; v <= high_y_ * 1.001; v *= 10)
      svg += line(kLeft, y(v), kWidth - kRight, y(v)) + text(kLeft - 8, y(v) + 4, "end", label(v));
    svg += text((kLeft + kWidth - kRight) / 2, kHeight - 16, "middle", "FLOP per byte");
    return svg + text(kLeft, kTop - 14, "start", "GFLOP/s");
  }
  static std::string text(double x, double y, const char* anchor, const std::string& words) {
    return "<text x=\"" + fixed(x, 1) + "\" y=\"" + fixed(y, 1) + "\" text-anchor=\"" + anchor +
           "\">" + escaped(words) + "</text>\n";
  }

 private:
  static std::string label(double v) { return v >= 1 ? fixed(v, 0) : fixed(v, v >= 0.1 ? 1 : 3); }
  static std::string line(double x1, double y1, double x2, double y2) {
    return "<line x1=\"" + fixed(x1, 1) + "\" y1=\"" + fixed(y1, 1) + "\" x2=\"" + fixed(x2, 1) +
           "\" y2=\"" + fixed(y2, 1) + "\" stroke=\"#ddd\"/>\n";
  }
  double low_x_, high_x_, low_y_, high_y_;
};

/// min(bandwidth * intensity, peak) of one number of threads.
std::string roof(const Axes& axes, const std::string& name, double bandwidth, double peak,
                 const char* dash) {
  const double ridge = peak / bandwidth, begin = axes.low_x();
  std::string points;
  for (double at : {begin, std::max(ridge, begin), axes.high_x()})
    points += fixed(axes.x(at), 1) + "," + fixed(axes.y(std::min(bandwidth * at, peak)), 1) + " ";
  return "<polyline points=\"" + points + "\" fill=\"none\" stroke=\"#333\" stroke-width=\"1.5\"" +
         dash + "><title>" + escaped(name) + "</title></polyline>\n" +
         Axes::text(axes.x(axes.high_x()) - 4, axes.y(peak) - 5, "end", name);
}

std::string mark_svg(const Axes& axes, const Mark& mark, const char* colour) {
  const auto ceiling = mark.row->counters.find("pct_roof");
  std::string title = mark.row->name + ": " + fixed(mark.speed, 1) + " GFLOP/s at " +
                      fixed(mark.intensity, 2) + " FLOP/byte";
  if (ceiling != mark.row->counters.end())
    title += ", " + fixed(ceiling->second, 1) + "% of its ceiling";
  return "<circle cx=\"" + fixed(axes.x(mark.intensity), 1) + "\" cy=\"" +
         fixed(axes.y(mark.speed), 1) + "\" r=\"4\" fill=\"" + colour +
         "\" fill-opacity=\"0.8\"><title>" + escaped(title) + "</title></circle>\n";
}

std::vector<std::string> parts_of(const std::string& name) {
  std::vector<std::string> parts;
  std::istringstream text(name);
  for (std::string part; std::getline(text, part, '/');) parts.push_back(part);
  return parts;
}

/// The parts of a mark's name that the other marks of its operation do not share; its shape where
/// it has no other.
std::string label_of(const Mark& mark, const std::vector<Mark>& marks) {
  constexpr std::size_t kShape = 4;
  const std::vector<std::string> mine = parts_of(mark.row->name);
  std::string label;
  for (std::size_t i = 1; i < mine.size(); ++i)
    for (const Mark& other : marks) {
      const std::vector<std::string> theirs = parts_of(other.row->name);
      if (other.op != mark.op || (i < theirs.size() && theirs[i] == mine[i])) continue;
      label += (label.empty() ? "" : " ") + mine[i];
      break;
    }
  return label.empty() && mine.size() > kShape ? mine[kShape] : label;
}

std::string labels(const Axes& axes, const std::vector<Mark>& marks) {
  constexpr std::size_t kReadable = 40;
  std::string svg;
  if (marks.size() > kReadable) return svg;
  for (const Mark& mark : marks)
    svg += Axes::text(axes.x(mark.intensity) + 7, axes.y(mark.speed) + 4, "start",
                      label_of(mark, marks));
  return svg;
}

/// Whose figures these are, and of when.
std::string title_of(const ResultFile& file) {
  std::string title = "flmeval bench";
  for (const char* key : {"cpu", "cores", "commit", "flmeval_date"})
    if (const auto found = file.context.find(key); found != file.context.end())
      title += " · " + found->second + (found->first == "cores" ? " cores" : "");
  for (const std::string& warning : warnings_of(file))
    title += " · " + warning.substr(0, warning.find(" when"));
  return title;
}

}  // namespace

std::string roofline_svg(const ResultFile& file) {
  const std::map<std::string, double> ceilings = stored_ceilings(file);
  const std::vector<Mark> marks = marks_of(file);
  double peak = 0;
  for (const auto& [name, rate] : ceilings)
    if (name.starts_with("fma_fp32")) peak = std::max(peak, rate / 1e9);
  const Axes axes(marks, peak);
  std::string svg =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 960 600\" "
      "font-family=\"sans-serif\" "
      "font-size=\"12\">\n<rect width=\"960\" height=\"600\" fill=\"white\"/>\n" +
      axes.grid() + Axes::text(kWidth / 2, 14, "middle", title_of(file));
  for (const auto& [name, rate] : ceilings) {
    if (!name.starts_with("fma_fp32/")) continue;
    const std::string threads = name.substr(name.find('/') + 1);
    const auto read = ceilings.find("read/" + threads);
    if (read == ceilings.end()) continue;
    svg += roof(axes, "fp32, " + threads, read->second / 1e9, rate / 1e9,
                threads == "threads:1" ? " stroke-dasharray=\"5 4\"" : "");
  }
  std::map<std::string, const char*> colours;
  for (const Mark& mark : marks)
    if (!colours.contains(mark.op)) {
      const std::size_t index = colours.size();
      colours[mark.op] = kColours[index % kColours.size()];
      const double y = kTop + 18 * static_cast<double>(index);
      svg += "<circle cx=\"" + fixed(kWidth - kRight + 24, 1) + "\" cy=\"" + fixed(y - 4, 1) +
             "\" r=\"5\" fill=\"" + colours[mark.op] + "\"/>\n" +
             Axes::text(kWidth - kRight + 36, y, "start", mark.op);
    }
  for (const Mark& mark : marks) svg += mark_svg(axes, mark, colours[mark.op]);
  svg += labels(axes, marks);
  const std::size_t left_out = file.rows.size() - marks.size();
  svg += Axes::text(kWidth - kRight + 20, kHeight - 16, "start",
                    std::to_string(left_out) + " rows without FLOPs or time");
  return svg + "</svg>\n";
}

}  // namespace flm::bench
