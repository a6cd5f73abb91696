// A file of statistical golden values and the bounds that it states. The values are in
// tests/reports/statistics/goldens/ (a few, published or small enough to check by hand) and, many
// more, in the folder that FLM_STATISTICS names, else in ../shared/conformance/statistics.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/documents/json.h"
#include "reports/statistics/interval.h"

namespace flm {

/// "sample" or "shared".
std::string golden_folder(const std::string& which);

class GoldenFile {
 public:
  GoldenFile(const std::string& folder, const std::string& name);

  const Json& operator[](const std::string& key) const { return body_.at(key); }
  const std::string& name() const { return name_; }

  /// |got - wanted[field]| <= abs + rel * |wanted|, or the field's own bound, the wider one of
  /// absolute and relative; null asks for none.
  void expect(const Json& wanted, const std::string& field, std::optional<double> got) const;
  /// [low, high].
  void expect(const Json& wanted, const std::string& field, const Interval& got) const;

 private:
  void near(const std::string& field, double wanted, double got) const;

  std::string name_;
  Json body_;
  double absolute_ = 0, relative_ = 0;
};

/// A test over a file of both folders; aloud skipped where a folder is not here.
class StatisticsGoldens : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override;
  GoldenFile file(const std::string& name) const { return {golden_folder(GetParam()), name}; }
};

std::vector<double> numbers_of(const Json& list);
/// [] for null.
std::vector<std::string> names_of(const Json& list);

}  // namespace flm
