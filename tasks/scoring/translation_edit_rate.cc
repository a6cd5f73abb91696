// TER as sacreBLEU defines it: edits and shifts of word sequences, greedily, within Tercom's
// limits.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <tuple>

#include "tasks/python/text.h"
#include "tasks/scoring/translation_statistics.h"

namespace flm {
namespace {

constexpr int kLongestShift = 10, kFarthestShift = 50, kBeam = 25, kMostCandidates = 1000;
constexpr int kUnreached = std::numeric_limits<int>::max() / 2;

using Words = std::vector<int>;  // numbers of distinct words

enum class Edit : char { kNone, kKeep, kReplace, kDelete, kInsert };  // hypothesis to reference

struct Alignment {
  int distance = 0;
  std::vector<Edit> edits;  // from the first word on
};

struct Cell {
  int cost = kUnreached;
  Edit edit = Edit::kNone;
  void offer(int other, Edit by) {
    if (other < cost) cost = other, edit = by;
  }
};

/// Levenshtein distance in a band around the diagonal of the two lengths; only the band is kept. Of
/// equal costs keeping or replacing comes first, then deleting.
class BandedDistance {
 public:
  explicit BandedDistance(const Words& reference)
      : reference_(reference), width_(static_cast<int>(reference.size()) + 1) {}

  Alignment align(const Words& hypothesis) {
    const int edits = distance(hypothesis);
    return {edits, path(static_cast<int>(hypothesis.size()))};
  }

  int distance(const Words& hypothesis) {
    const int rows = static_cast<int>(hypothesis.size());
    cells_.clear();
    rows_.clear();
    add_row(0, width_);
    for (int j = 0; j < width_; ++j) at(0, j) = {j, Edit::kInsert};
    const double ratio = rows > 0 ? static_cast<double>(width_ - 1) / rows : 1;
    const int beam = kBeam < ratio / 2 ? static_cast<int>(std::ceil(ratio / 2 + kBeam)) : kBeam;
    for (int i = 1; i <= rows; ++i) {
      const int middle = static_cast<int>(std::floor(i * ratio));
      const int begin = std::max(0, middle - beam);
      const int end = i == rows ? width_ : std::min(width_, middle + beam);
      add_row(begin, end);
      for (int j = begin; j < end; ++j) fill(i, j, hypothesis[static_cast<std::size_t>(i - 1)]);
    }
    return seen(rows, width_ - 1).cost;
  }

 private:
  struct Row {
    int begin = 0, end = 0;  // columns of the band
    std::size_t first = 0;   // its cells
  };

  void add_row(int begin, int end) {
    rows_.push_back({begin, end, cells_.size()});
    cells_.resize(cells_.size() + static_cast<std::size_t>(end - begin));
  }
  Cell& at(int i, int j) {
    const Row& row = rows_[static_cast<std::size_t>(i)];
    return cells_[row.first + static_cast<std::size_t>(j - row.begin)];
  }
  /// Unreached outside the band.
  Cell seen(int i, int j) {
    const Row& row = rows_[static_cast<std::size_t>(i)];
    return j >= row.begin && j < row.end ? at(i, j) : Cell{};
  }

  void fill(int i, int j, int word) {
    Cell& cell = at(i, j);
    if (j == 0) {
      cell = {seen(i - 1, 0).cost + 1, Edit::kDelete};
      return;
    }
    const bool same = word == reference_[static_cast<std::size_t>(j - 1)];
    cell.offer(seen(i - 1, j - 1).cost + !same, same ? Edit::kKeep : Edit::kReplace);
    cell.offer(seen(i - 1, j).cost + 1, Edit::kDelete);
    cell.offer(seen(i, j - 1).cost + 1, Edit::kInsert);
  }

  std::vector<Edit> path(int i) {
    std::vector<Edit> edits;
    for (int j = width_ - 1; i > 0 || j > 0;) {
      const Edit edit = seen(i, j).edit;
      edits.push_back(edit);
      if (edit != Edit::kInsert) --i;
      if (edit != Edit::kDelete) --j;
    }
    std::reverse(edits.begin(), edits.end());
    return edits;
  }

  const Words& reference_;
  int width_;
  std::vector<Row> rows_;
  std::vector<Cell> cells_;
};

/// Where each reference word stands in the hypothesis, and which words are wrong.
struct Errors {
  std::vector<int> place;  // [reference]: the hypothesis word aligned to it, or the one before
  std::vector<bool> reference, hypothesis;

  explicit Errors(const std::vector<Edit>& edits) {
    for (const Edit edit : edits) {
      const bool wrong = edit != Edit::kKeep;
      if (edit != Edit::kInsert) hypothesis.push_back(wrong);
      if (edit != Edit::kDelete) reference.push_back(wrong);
      if (edit != Edit::kDelete) place.push_back(static_cast<int>(hypothesis.size()) - 1);
    }
  }
};

bool any_wrong(const std::vector<bool>& wrong, int begin, int length) {
  return std::any_of(wrong.begin() + begin, wrong.begin() + begin + length,
                     [](bool one) { return one; });
}

/// `length` words from `start` taken out and put in before `target`, a position of the old words.
Words shifted(const Words& words, int start, int length, int target) {
  Words moved(words.begin() + start, words.begin() + start + length), rest = words;
  rest.erase(rest.begin() + start, rest.begin() + start + length);
  const int place = target < start ? target : target > start + length ? target - length : target;
  rest.insert(rest.begin() + std::min<int>(place, static_cast<int>(rest.size())), moved.begin(),
              moved.end());
  return rest;
}

class ShiftSearch {
 public:
  ShiftSearch(Words hypothesis, const Words& reference)
      : words_(std::move(hypothesis)), reference_(reference), distance_(reference) {}

  int edits() {
    int shifts = 0;
    while (true) {
      const Alignment now = distance_.align(words_);
      best_.reset();
      look(now);
      if (checked_ >= kMostCandidates || !best_ || std::get<0>(*best_) <= 0)
        return shifts + now.distance;
      ++shifts;
      words_ = best_words_;
    }
  }

 private:
  void look(const Alignment& now) {
    const Errors errors(now.edits);
    const int h = static_cast<int>(words_.size()), r = static_cast<int>(reference_.size());
    for (int i = 0; i < h; ++i) {
      const int end = std::min(r, i + kFarthestShift + 1);
      for (int j = std::max(0, i - kFarthestShift); j < end; ++j) {
        for (int n = 1; n <= kLongestShift && i + n <= h && j + n <= r && same(i, j, n); ++n) {
          try_shifts(now.distance, errors, i, j, n);
          if (checked_ >= kMostCandidates) return;
        }
      }
    }
  }

  bool same(int i, int j, int n) const {
    return words_[static_cast<std::size_t>(i + n - 1)] ==
           reference_[static_cast<std::size_t>(j + n - 1)];
  }

  /// A run of equal words may move to where the reference has it, if both places are wrong now.
  void try_shifts(int before, const Errors& errors, int i, int j, int n) {
    if (!any_wrong(errors.hypothesis, i, n) || !any_wrong(errors.reference, j, n)) return;
    const int own = errors.place[static_cast<std::size_t>(j)];
    if (i <= own && own < i + n) return;
    int last = -1;
    for (int k = j - 1; k < j + n && k < static_cast<int>(errors.place.size()); ++k) {
      const int target = k < 0 ? 0 : errors.place[static_cast<std::size_t>(k)] + 1;
      if (target == last) continue;
      last = target;
      Words moved = shifted(words_, i, n, target);
      const std::tuple rank(before - distance_.distance(moved), n, -i, -target);
      ++checked_;
      if (best_ && rank <= *best_) continue;
      best_ = rank;
      best_words_ = std::move(moved);
    }
  }

  Words words_;
  const Words& reference_;
  BandedDistance distance_;
  std::optional<std::tuple<int, int, int, int>> best_;  // gain, length, earliest, nearest
  Words best_words_;
  int checked_ = 0;
};

}  // namespace

std::vector<double> ter_statistics(const std::string& hypothesis, const std::string& reference) {
  std::map<std::string, int> numbers;
  const auto read = [&](const std::string& text) {
    Words words;
    for (const std::string& word : python_split(python_lower(text)))
      words.push_back(numbers.try_emplace(word, static_cast<int>(numbers.size())).first->second);
    return words;
  };
  const Words h = read(hypothesis), r = read(reference);
  const int edits = r.empty() ? static_cast<int>(h.size()) : ShiftSearch(h, r).edits();
  return {static_cast<double>(edits), static_cast<double>(r.size())};
}

}  // namespace flm
