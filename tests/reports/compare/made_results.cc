#include "tests/reports/compare/made_results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "base/errors.h"
#include "base/sha256.h"
#include "base/system/files.h"
#include "reports/compare/compare_runs.h"
#include "reports/compare/logs/load_results.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

Json sample_line(const MadeRun& run, int document) {
  const std::string question = "question " + std::to_string(document),
                    target = std::to_string(document % 4);
  const Json doc = {{"id", document}, {"question", question}};
  Json line = {{"doc_id", document}, {"doc", doc}, {"target", target}};
  Json arguments = Json::object(), responses = Json::array();
  for (int choice = 0; choice < 4; ++choice) {
    const bool best = (choice == document % 4) == run.right(document) &&
                      (run.right(document) || choice == (document + 1) % 4);
    arguments["gen_args_" + std::to_string(choice)] = {
        {"arg_0", question}, {"arg_1", " choice " + std::to_string(choice)}};
    responses.push_back(
        Json::array({Json::array({best ? "-1.5" : "-2.25", best ? "True" : "False"})}));
  }
  line["arguments"] = arguments;
  line["resps"] = responses;
  line["filtered_resps"] = Json::array();
  line["filter"] = "none";
  line["metrics"] = Json::array({"acc"});
  line["doc_hash"] = sha256_hex(doc.dump());
  line["prompt_hash"] = sha256_hex(question);
  line["target_hash"] = sha256_hex(target);
  line["acc"] = run.right(document) ? 1.0 : 0.0;
  run.edit(line);
  return line;
}

std::string gzipped(const std::string& bytes) {
  std::string out(bytes.size() + 1024, '\0');
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace

std::filesystem::path fresh_folder() {
  static std::vector<std::unique_ptr<TemporaryFolder>> folders;  // they go at the program's end
  return folders.emplace_back(std::make_unique<TemporaryFolder>())->path();
}

void write_results(const std::filesystem::path& folder, const MadeRun& run) {
  std::string name = run.model;
  std::replace(name.begin(), name.end(), '/', '_');
  const std::filesystem::path to = folder / name;
  std::filesystem::create_directories(to);
  std::vector<std::string> lines;
  double right = 0;
  for (int d = 0; d < run.documents; ++d) {
    lines.push_back(sample_line(run, d).dump());
    right += run.right(d);
  }
  run.edit_lines(lines);
  Json results = {
      {"results", {{"made", {{"alias", "made"}, {"acc,none", right / run.documents}}}}},
      {"group_subtasks", Json::object()},
      {"configs", {{"made", run.config}}},
      {"versions", {{"made", run.config["metadata"]["version"]}}},
      {"n-shot", {{"made", 0}}},
      {"higher_is_better", {{"made", {{"acc", true}}}}},
      {"n-samples", {{"made", {{"original", run.documents}, {"effective", run.documents}}}}},
      {"config", Json::object()},
      {"model_name", run.model},
      {"date", 1793500000.0}};
  results.merge_patch(run.results);
  write_file_atomically(to / ("results_" + run.date + ".json"), results.dump());
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  const std::string samples = "samples_made_" + run.date + ".jsonl";
  write_file_atomically(to / (samples + (run.gzip ? ".gz" : "")), run.gzip ? gzipped(text) : text);
}

Comparison compare_made(const MadeRun& a, const MadeRun& b) {
  std::vector<LoggedRun> runs;
  for (const MadeRun* run : {&a, &b}) {
    const auto folder = fresh_folder();
    write_results(folder, *run);
    for (const ResultsFiles& files : find_results(folder)) runs.push_back(load_results(files));
  }
  return compare_runs(std::move(runs));
}

const ComparisonRow& row_of(const Comparison& comparison) {
  return comparison.contrasts.at(0).rows.at(0);
}

MadeRun half_right() {
  MadeRun run;
  run.model = "made/half";
  run.right = [](int document) { return document % 2 == 0; };
  return run;
}

void expect_refused(const MadeRun& a, const MadeRun& b, const std::string& name) {
  const Comparison comparison = compare_made(a, b);
  const ComparisonRow& row = row_of(comparison);
  EXPECT_EQ(name_of(row.verdict), "not comparable");
  ASSERT_TRUE(row.first_difference.has_value()) << name;
  EXPECT_EQ(row.first_difference->name, name);
  EXPECT_FALSE(comparison.anything_compared());
}

void expect_error(const std::function<void()>& what, const std::vector<std::string>& parts) {
  try {
    what();
    ADD_FAILURE() << "no error: " << parts[0];
  } catch (const UserError& error) {
    for (const std::string& part : parts) EXPECT_THAT(error.what(), testing::HasSubstr(part));
  }
}

}  // namespace flm
