// BLEU and ROUGE of one text against one reference, as sacrebleu and rouge_score compute them.
#pragma once

#include <string>

namespace flm {

/// sacrebleu's corpus_bleu of one sentence: tokenize "intl", exponential smoothing, orders 1 to 4,
/// no effective order. 0 to 100.
double sentence_bleu_intl(const std::string& reference, const std::string& prediction);

/// F-measures of rouge_score without stemming, 0 to 1.
struct Rouge {
  double rouge1 = 0, rouge2 = 0, rouge_lsum = 0;
};
/// Lines are the sentences of rouge_lsum.
Rouge rouge_scores(const std::string& reference, const std::string& prediction);
/// rouge_lsum alone, of English words without their endings.
double stemmed_rouge_lsum(const std::string& reference, const std::string& prediction);

}  // namespace flm
