#include "tasks/native/porter_stem.h"

#include <algorithm>
#include <map>
#include <span>
#include <string_view>
#include <vector>

namespace flm {
namespace {

/// Which letters are consonants: y is one at the beginning and after a vowel.
std::vector<bool> consonants(std::string_view word) {
  std::vector<bool> flags;
  for (const char c : word) {
    const bool vowel = std::string_view("aeiou").find(c) != std::string_view::npos;
    flags.push_back(!vowel && (c != 'y' || flags.empty() || !flags.back()));
  }
  return flags;
}

/// How often a vowel comes before a consonant.
int measure(std::string_view stem) {
  const std::vector<bool> flags = consonants(stem);
  int count = 0;
  for (std::size_t i = 1; i < flags.size(); ++i) count += !flags[i - 1] && flags[i] ? 1 : 0;
  return count;
}

bool has_vowel(std::string_view stem) {
  const std::vector<bool> flags = consonants(stem);
  return std::find(flags.begin(), flags.end(), false) != flags.end();
}

bool ends_in_double_consonant(std::string_view word) {
  const std::size_t n = word.size();
  return n >= 2 && word[n - 1] == word[n - 2] && consonants(word).back();
}

/// Consonant, vowel, consonant other than w, x, y; or a vowel and a consonant alone.
bool ends_short(std::string_view word) {
  const std::vector<bool> flags = consonants(word);
  const std::size_t n = flags.size();
  if (n == 2) return !flags[0] && flags[1];
  return n >= 3 && flags[n - 3] && !flags[n - 2] && flags[n - 1] &&
         std::string_view("wxy").find(word.back()) == std::string_view::npos;
}

struct Ending {
  std::string_view old, with;
  int above;  // the measure of what stands before it
};

std::string before_ending(const std::string& word, std::string_view ending) {
  return word.substr(0, word.size() - ending.size());
}

/// The first ending that the word has is replaced, or left where too little stands before it.
std::string with_ending_replaced(const std::string& word, std::span<const Ending> endings) {
  for (const Ending& ending : endings) {
    if (!word.ends_with(ending.old)) continue;
    std::string stem = before_ending(word, ending.old);
    return measure(stem) > ending.above ? stem.append(ending.with) : word;
  }
  return word;
}

std::string without_plural(const std::string& word) {
  static constexpr Ending kEndings[] = {
      {"sses", "ss", -1}, {"ies", "i", -1}, {"ss", "ss", -1}, {"s", "", -1}};
  if (word.size() == 4 && word.ends_with("ies")) return before_ending(word, "s");
  return with_ending_replaced(word, kEndings);
}

/// What is left when "ed" or "ing" went: an e comes back, a double consonant is made single.
std::string mended(const std::string& stem) {
  for (const std::string_view ending : {"at", "bl", "iz"})
    if (stem.ends_with(ending)) return stem + "e";
  if (ends_in_double_consonant(stem)) {
    const bool stays = std::string_view("lsz").find(stem.back()) != std::string_view::npos;
    return stays ? stem : before_ending(stem, "x");
  }
  return measure(stem) == 1 && ends_short(stem) ? stem + "e" : stem;
}

std::string without_past(const std::string& word) {
  if (word.ends_with("ied")) return before_ending(word, word.size() == 4 ? "d" : "ed");
  if (word.ends_with("eed"))
    return measure(before_ending(word, "eed")) > 0 ? before_ending(word, "d") : word;
  for (const std::string_view ending : {"ed", "ing"}) {
    if (!word.ends_with(ending)) continue;
    const std::string stem = before_ending(word, ending);
    if (has_vowel(stem)) return mended(stem);
  }
  return word;
}

std::string with_i_for_y(const std::string& word) {
  if (!word.ends_with("y") || word.size() < 3) return word;
  const std::string stem = before_ending(word, "y");
  return consonants(stem).back() ? stem + "i" : word;
}

std::string with_shorter_suffix(const std::string& word) {
  static constexpr Ending kEndings[] = {
      {"ational", "ate", 0}, {"tional", "tion", 0}, {"enci", "ence", 0},   {"anci", "ance", 0},
      {"izer", "ize", 0},    {"bli", "ble", 0},     {"alli", "al", 0},     {"entli", "ent", 0},
      {"eli", "e", 0},       {"ousli", "ous", 0},   {"ization", "ize", 0}, {"ation", "ate", 0},
      {"ator", "ate", 0},    {"alism", "al", 0},    {"iveness", "ive", 0}, {"fulness", "ful", 0},
      {"ousness", "ous", 0}, {"aliti", "al", 0},    {"iviti", "ive", 0},   {"biliti", "ble", 0},
      {"fulli", "ful", 0}};
  if (word.ends_with("alli") && measure(before_ending(word, "alli")) > 0)
    return with_shorter_suffix(before_ending(word, "li"));
  if (word.ends_with("logi"))
    return measure(before_ending(word, "ogi")) > 0 ? before_ending(word, "i") : word;
  return with_ending_replaced(word, kEndings);
}

std::string without_adjective(const std::string& word) {
  static constexpr Ending kEndings[] = {{"icate", "ic", 0}, {"ative", "", 0},  {"alize", "al", 0},
                                        {"iciti", "ic", 0}, {"ical", "ic", 0}, {"ful", "", 0},
                                        {"ness", "", 0}};
  return with_ending_replaced(word, kEndings);
}

std::string without_last_suffix(const std::string& word) {
  static constexpr Ending kEndings[] = {
      {"al", "", 1},   {"ance", "", 1}, {"ence", "", 1}, {"er", "", 1},    {"ic", "", 1},
      {"able", "", 1}, {"ible", "", 1}, {"ant", "", 1},  {"ement", "", 1}, {"ment", "", 1},
      {"ent", "", 1},  {"ou", "", 1},   {"ism", "", 1},  {"ate", "", 1},   {"iti", "", 1},
      {"ous", "", 1},  {"ive", "", 1},  {"ize", "", 1}};
  if (!word.ends_with("ion")) return with_ending_replaced(word, kEndings);
  const std::string stem = before_ending(word, "ion");
  return measure(stem) > 1 && (stem.back() == 's' || stem.back() == 't') ? stem : word;
}

std::string without_e(const std::string& word) {
  if (!word.ends_with("e")) return word;
  const std::string stem = before_ending(word, "e");
  const int m = measure(stem);
  return m > 1 || (m == 1 && !ends_short(stem)) ? stem : word;
}

std::string with_single_l(const std::string& word) {
  if (!word.ends_with("ll")) return word;
  const std::string stem = before_ending(word, "l");
  return measure(stem) > 1 ? stem : word;
}

}  // namespace

std::string porter_stem(const std::string& word) {
  static const std::map<std::string, std::string> irregular = {
      {"sky", "sky"},        {"skies", "sky"},        {"dying", "die"},
      {"lying", "lie"},      {"tying", "tie"},        {"news", "news"},
      {"innings", "inning"}, {"inning", "inning"},    {"outings", "outing"},
      {"outing", "outing"},  {"cannings", "canning"}, {"canning", "canning"},
      {"howe", "howe"},      {"proceed", "proceed"},  {"exceed", "exceed"},
      {"succeed", "succeed"}};
  const auto found = irregular.find(word);
  if (found != irregular.end()) return found->second;
  if (word.size() <= 2) return word;
  std::string stem = with_i_for_y(without_past(without_plural(word)));
  stem = without_adjective(with_shorter_suffix(stem));
  return with_single_l(without_e(without_last_suffix(stem)));
}

}  // namespace flm
