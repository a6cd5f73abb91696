#include "bench/probe/mmlu_ids.h"

#include <charconv>
#include <random>
#include <sstream>

#include "base/errors.h"
#include "bench/probe/output.h"

namespace flm::bench {
namespace {

constexpr const char* kShape =
#include <flm_mmlu_shape.inc>  // mmlu_shape.txt as a string, made by CMake
    ;

/// A number at the beginning of `text`, which is cut behind it.
std::int32_t take_number(std::string_view& text) {
  std::int32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value < 0) throw UserError("no number: " + std::string(text));
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

/// "67", "67c" or "67(300)".
Branch question_of(const std::string& word) {
  std::string_view rest = word;
  Branch question;
  question.own = take_number(rest);
  if (rest.size() == 1 && rest[0] >= 'a' && rest[0] <= 'z') {
    question.shared = rest[0] - 'a' + 1;
  } else if (rest.starts_with('(')) {
    rest.remove_prefix(1);
    question.shared = take_number(rest);
    if (rest != ")") throw UserError("no question: " + word);
  } else if (!rest.empty()) {
    throw UserError("no question: " + word);
  }
  return question;
}

MmluSubject subject_of(const std::string& line) {
  std::istringstream words(line);
  MmluSubject subject;
  std::string stem, shared, word;
  words >> subject.task >> stem >> shared;
  std::string_view stem_text = stem, shared_text = shared;
  subject.stem.shared = take_number(shared_text);
  subject.stem.own = take_number(stem_text) - subject.stem.shared;
  while (words >> word) subject.questions.push_back(question_of(word));
  return subject;
}

/// Ids of branches. The first of a branch's own tokens is a number that no other branch has, and
/// the others come from another range: branches that differ in the real trie differ here, from the
/// same token on.
class BranchIds {
 public:
  void append(const Branch& branch, std::size_t begin, std::vector<std::int32_t>& path) {
    const std::size_t shared = begin + static_cast<std::size_t>(branch.shared);
    if (shared > path.size()) throw UserError("a branch shares more tokens than there are");
    path.resize(shared);
    if (branch.own == 0) return;  // the prompt before once more
    path.push_back(next_++);
    FLM_CHECK(next_ <= kFirstRandom, "more branches than ids");
    for (std::int32_t i = 1; i < branch.own; ++i)
      path.push_back(kFirstRandom +
                     static_cast<std::int32_t>(random_() % (kMmluVocabulary - kFirstRandom)));
  }

 private:
  static constexpr std::int32_t kFirstRandom = 16000;
  std::int32_t next_ = 7;  // behind the choices
  std::mt19937 random_{1234};
};

}  // namespace

std::vector<MmluSubject> parse_mmlu_shape(std::string_view text) {
  std::vector<MmluSubject> shape;
  std::istringstream lines{std::string(text)};
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.empty() || line.starts_with('#')) continue;
    try {
      shape.push_back(subject_of(line));
    } catch (const UserError& error) {
      throw UserError("mmlu_shape.txt:" + std::to_string(number) + ": " + error.what());
    }
  }
  return shape;
}

std::vector<MmluSubject> mmlu_shape() { return parse_mmlu_shape(kShape); }

void for_each_mmlu_prompt(const std::vector<MmluSubject>& shape,
                          const std::function<void(std::span<const std::int32_t>)>& visit) {
  BranchIds ids;
  std::vector<std::int32_t> path;
  for (const MmluSubject& subject : shape) {
    ids.append(subject.stem, 0, path);
    const std::size_t stem = path.size();
    for (const Branch& question : subject.questions) {
      ids.append(question, stem, path);
      visit(path);
    }
  }
}

void write_mmlu_ids(const std::vector<MmluSubject>& shape, const std::string& folder,
                    std::ostream& lines) {
  OutputFile file(folder, "mmlu-ids.jsonl");
  std::int64_t requests = 0, prompts = 0, tokens = 0;
  for_each_mmlu_prompt(shape, [&](std::span<const std::int32_t> prompt) {
    std::string ids;
    for (std::int32_t id : prompt) ids += std::to_string(id) + ",";
    for (std::int32_t choice : kMmluChoices)
      file.write("{\"id\":" + std::to_string(requests++) + ",\"tokens\":[" + ids +
                 std::to_string(choice) + "],\"first_scored\":" + std::to_string(prompt.size()) +
                 "}\n");
    ++prompts;
    tokens += static_cast<std::int64_t>(prompt.size());
  });
  file.close();
  print_line(lines, "subjects", static_cast<double>(shape.size()), "subjects");
  lines << "prompts " << prompts << " prompts\n"
        << "requests " << requests << " requests\n"
        << "prompt_tokens " << tokens << " tokens\n";
}

}  // namespace flm::bench
