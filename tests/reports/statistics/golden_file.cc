#include "tests/reports/statistics/golden_file.h"

#include <cmath>
#include <cstdlib>
#include <filesystem>

namespace flm {

std::string golden_folder(const std::string& which) {
  if (which == "sample") return std::string(FLM_SOURCE_DIR) + "/tests/reports/statistics/goldens";
  if (const char* named = std::getenv("FLM_STATISTICS")) return named;
  return std::string(FLM_SHARED_DIR) + "/conformance/statistics";
}

GoldenFile::GoldenFile(const std::string& folder, const std::string& name)
    : name_(name), body_(read_json_file(folder + "/" + name + ".json")) {
  const Json tolerance = body_.value("tolerance", Json::object());
  absolute_ = tolerance.value("abs", 0.0);
  relative_ = tolerance.value("rel", 0.0);
}

void GoldenFile::near(const std::string& field, double wanted, double got) const {
  double bound = absolute_ + relative_ * std::fabs(wanted);
  const Json tolerance = body_.value("tolerance", Json::object());
  if (const auto own = tolerance.find(field); own != tolerance.end())
    bound = own->get<double>() * std::max(1.0, std::fabs(wanted));
  EXPECT_NEAR(got, wanted, bound) << name_ << " " << field;
}

void GoldenFile::expect(const Json& wanted, const std::string& field,
                        std::optional<double> got) const {
  const Json& value = wanted.at(field);
  ASSERT_EQ(got.has_value(), !value.is_null()) << name_ << " " << field << " " << value;
  if (got) near(field, value, *got);
}

void GoldenFile::expect(const Json& wanted, const std::string& field, const Interval& got) const {
  const Json& value = wanted.at(field);
  near(field, value.at(0), got.low);
  near(field, value.at(1), got.high);
}

void StatisticsGoldens::SetUp() {
  if (!std::filesystem::exists(golden_folder(GetParam())))
    GTEST_SKIP() << "skipped: " << golden_folder(GetParam()) << " is not here";
}

std::vector<double> numbers_of(const Json& list) { return list.get<std::vector<double>>(); }

std::vector<std::string> names_of(const Json& list) {
  return list.is_null() ? std::vector<std::string>() : list.get<std::vector<std::string>>();
}

}  // namespace flm
