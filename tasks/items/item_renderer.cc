#include "tasks/items/item_renderer.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/documents/unread_value.h"
#include "base/errors.h"
#include "base/sha256.h"
#include "tasks/files/generation_options.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

const TextRule& either(const TextRule& own, const TextRule& general) {
  return own.set() ? own : general;
}

/// OpenCompass's perplexity mode: a choice is worth its whole text, prompt included.
void score_whole_texts(TaskItem& item) {
  for (TaskRequest& request : item.requests) {
    request.kind = RequestKind::kRolling;
    request.context += request.continuation;
    request.continuation.clear();
  }
}

/// acc_mutual_info wants every choice without a prompt too; for multiple inputs as well it is the
/// choice that follows, not the target.
void repeat_without_context(TaskItem& item, const std::vector<std::string>& choices,
                            const std::string& delimiter) {
  for (std::size_t c = 0; c < choices.size(); ++c) {
    item.requests.push_back(item.requests[c]);
    item.requests.back().context.clear();
    item.requests.back().continuation = delimiter + choices[c];
  }
}

/// What stands beside a question: None and other empty values are nothing.
std::string text_if_any(const PyValue& value) { return value.truthy() ? value.str() : ""; }

/// A name that groups documents; a passage is named by its hash.
std::string cluster_name(const std::string& value) {
  constexpr std::size_t kLongestName = 64, kHashDigits = 16;
  return value.size() <= kLongestName ? value : sha256_hex(value).substr(0, kHashDigits);
}

bool ends_in_white_space(const std::string& text) { return python_rstrip(text) != text; }

}  // namespace

ItemRenderer::ItemRenderer(const TaskSpec& spec, const TaskSettings& settings,
                           const TaskDocuments& documents, int shots)
    : spec_(spec),
      settings_(settings),
      documents_(documents),
      shots_(shots),
      renderer_(spec.doc_to_text, spec.doc_to_target, spec.doc_to_choice,
                columns_of(documents.rows()), spec.doc_to_choice.set()),
      shot_renderer_(either(spec.fewshot.doc_to_text, spec.doc_to_text),
                     either(spec.fewshot.doc_to_target, spec.doc_to_target),
                     either(spec.fewshot.doc_to_choice, spec.doc_to_choice),
                     columns_of(documents.rows()),  // the harness asks the evaluated split
                     spec.doc_to_choice.set()),
      generation_(generation_options(spec)) {
  const std::set<std::string> columns = columns_of(documents.rows());
  const auto rule_of = [&](const std::string& text, const std::string& key,
                           const std::set<std::string>& known) {
    // "" is the key's default, not a column without a name.
    const TextRule::Kind kind = text.empty() ? TextRule::Kind::kNone : TextRule::Kind::kText;
    return RenderRule({kind, text, {}, {}, spec.place(key)}, known);
  };
  const auto rule = [&](const std::string& text, const std::string& key) {
    return rule_of(text, key, columns);
  };
  description_ = rule(spec.description, "description");
  cluster_ = rule(spec.cluster, "cluster");
  gen_prefix_ = rule(spec.gen_prefix, "gen_prefix");
  shot_prefix_ = rule_of(spec.fewshot.gen_prefix.value_or(spec.gen_prefix),
                         spec.fewshot.gen_prefix ? "fewshot_config" : "gen_prefix",
                         columns_of(documents.pool()));
  multiple_inputs_ = first_text_is_an_index();
}

/// The harness asks the first document whether choices are contexts of one answer (True is 1 in
/// Python). What is wrong with it is told when it is rendered.
bool ItemRenderer::first_text_is_an_index() const {
  if (!is_choice_task(spec_) || documents_.rows().empty()) return false;
  try {
    const PyValue document = PyValue::from_json(documents_.rows()[0]);
    return renderer_.text(document).is_integer() && !renderer_.choices(document).empty();
  } catch (const UserError&) {
    return false;
  }
}

Rendered ItemRenderer::render(const PyValue& document) const {
  Rendered doc;
  doc.target = renderer_.target(document);
  if (spec_.output_type != "loglikelihood_rolling") doc.text = renderer_.text(document);
  if (renderer_.has_choices()) doc.choices = renderer_.choices(document);
  doc.gen_prefix = text_if_any(gen_prefix_.value(document));
  doc.multiple_inputs = multiple_inputs_;
  return doc;
}

Turn ItemRenderer::shot(std::size_t row) const {
  try {
    return rendered_shot(row);
  } catch (const UserError& error) {
    throw UserError("few-shot document " + std::to_string(row) + ": " + error.what());
  }
}

Turn ItemRenderer::rendered_shot(std::size_t row) const {
  const PyValue document = PyValue::from_json(documents_.pool()[row]);
  const FewshotConfig& f = spec_.fewshot;
  Turn turn;
  turn.target_delimiter = f.target_delimiter.value_or(spec_.target_delimiter);
  turn.fewshot_delimiter = f.fewshot_delimiter.value_or(spec_.fewshot_delimiter);
  turn.gen_prefix = text_if_any(shot_prefix_.value(document));
  const std::vector<std::string> choices =
      shot_renderer_.has_choices() ? shot_renderer_.choices(document) : std::vector<std::string>{};
  const PyValue text = shot_renderer_.text(document);
  turn.question = multiple_inputs_ ? answer_text(text, choices)
                                   : text.str();  // multiple inputs: the gold choice
  // An empty text is no answer; the first of a list and a choice are one, empty or not.
  const PyValue target = shot_renderer_.target(document);
  if (!target.is_none() && target != PyValue("")) turn.answer = answer_text(target, choices);
  return turn;
}

Turn ItemRenderer::turn(const Rendered& doc, std::size_t choice) const {
  Turn turn;
  const bool inputs = doc.multiple_inputs && !doc.choices.empty();
  turn.target_delimiter = inputs ? "" : spec_.target_delimiter;
  turn.gen_prefix = doc.gen_prefix;
  turn.question = inputs ? doc.choices.at(choice) : doc.text.str();
  return turn;
}

std::string ItemRenderer::context(const std::string& system, const std::vector<Turn>& shots,
                                  const Turn& last) const {
  if (!settings_.chat.chat_template.empty())
    return chat_prompt(system, shots, last, settings_.chat);
  std::string text = system;
  for (const Turn& one : shots) text += shot_text(one);
  return text + question_text(last);
}

/// With a chat template the delimiter of choices goes, unless an open gen_prefix needs it; the
/// harness looks at the prefix as it stands in the task file, not at what it renders to.
std::string ItemRenderer::choice_delimiter() const {
  if (settings_.chat.chat_template.empty()) return spec_.target_delimiter;
  const bool keep = !spec_.gen_prefix.empty() && !ends_in_white_space(spec_.gen_prefix);
  return keep ? spec_.target_delimiter : "";
}

void ItemRenderer::add_requests(TaskItem& item, const Rendered& doc, const std::vector<Turn>& shots,
                                const std::string& system) const {
  TaskRequest request;
  if (spec_.output_type == "loglikelihood_rolling") {
    request.kind = RequestKind::kRolling;
    request.context = doc.target.str();
    item.requests.push_back(std::move(request));
    return;
  }
  request.context = context(system, shots, turn(doc, 0));
  if (spec_.output_type == "generate_until") {
    request.kind = RequestKind::kGenerate;
    request.generation = generation_;
    request.repeats = spec_.repeats;
    item.requests.push_back(std::move(request));
  } else if (spec_.output_type == "loglikelihood") {
    request.continuation = doc.target.str();
    item.requests.push_back(std::move(request));
  } else {
    add_choices(item, std::move(request), doc, shots, system);
  }
}

void ItemRenderer::add_choices(TaskItem& item, TaskRequest request, const Rendered& doc,
                               const std::vector<Turn>& shots, const std::string& system) const {
  const bool inputs = doc.multiple_inputs;
  for (std::size_t c = 0; c < doc.choices.size(); ++c) {
    if (inputs) request.context = context(system, shots, turn(doc, c));
    request.continuation = choice_delimiter() + (inputs ? doc.target.str() : doc.choices[c]);
    item.requests.push_back(request);
  }
  if (spec_.output_type == "perplexity_choice") score_whole_texts(item);
  for (const MetricSpec& metric : spec_.metrics) {
    if (metric.metric == "acc_mutual_info")
      repeat_without_context(item, doc.choices, choice_delimiter());
  }
}

/// A function of the file's own (process_results) finds the right answer in its own way.
void ItemRenderer::check_choices(TaskItem& item, const Rendered& doc) const {
  if (doc.choices.empty()) throw UserError("the document has no choices");
  if (spec_.process_results) return;
  item.gold = right_choices(doc);
  item.remark = why_never_right(doc);
}

void ItemRenderer::render_requests(TaskItem& item, const PyValue& document,
                                   FewshotSampler& sampler) const {
  std::vector<Turn> shots;
  if (spec_.output_type != "loglikelihood_rolling") {
    // Drawn before anything can fail: the others' shots do not depend on this document's fault.
    item.fewshot_ids = sampler.draw(documents_.row(item.doc_id));
    for (std::int64_t s : item.fewshot_ids) shots.push_back(shot(static_cast<std::size_t>(s)));
  }
  const Rendered doc = render(document);
  const std::string system =
      maybe_delimit(settings_.system_instruction, text_if_any(description_.value(document)),
                    spec_.fewshot_delimiter);
  if (is_choice_task(spec_)) check_choices(item, doc);
  add_requests(item, doc, shots, system);
  item.target = doc.target.str();
}

TaskItem ItemRenderer::item(std::int64_t id, FewshotSampler& sampler) const {
  const Json& row = documents_.row(id);
  const PyValue document = PyValue::from_json(row);
  TaskItem item;
  item.doc_id = id;
  item.cluster = spec_.name;
  try {
    render_requests(item, document, sampler);
    if (!spec_.cluster.empty()) item.cluster += "/" + cluster_name(cluster_.value(document).str());
  } catch (const UserError& error) {
    item.error = error.what();
    item.requests.clear();
  }
  item.doc_json = python_json_dumps(without_unread_values(row), 2, false);
  item.doc_hash = sha256_hex(item.doc_json);
  item.prompt_hash = sha256_hex(item.requests.empty() ? "" : item.requests[0].context);
  item.target_hash = sha256_hex(item.target);
  return item;
}

std::vector<TaskItem> ItemRenderer::items(std::span<const std::int64_t> ids) const {
  const FewshotRule rule{spec_.fewshot.sampler == "first_n", documents_.pool_is_evaluated(), shots_,
                         static_cast<std::int64_t>(settings_.seed)};
  FewshotSampler sampler(rule, documents_.pool());
  std::vector<TaskItem> out;
  out.reserve(ids.size());
  for (std::int64_t id : ids) out.push_back(item(id, sampler));
  const auto fails = [](const TaskItem& item) { return !item.error.empty(); };
  if (!out.empty() && std::all_of(out.begin(), out.end(), fails)) {
    const bool placed = out[0].error.find(".yaml:") != std::string::npos;
    throw UserError((placed ? "" : spec_.place("task") + ": ") + "task " + spec_.name +
                    " document " + std::to_string(out[0].doc_id) + ": " + out[0].error);
  }
  return out;
}

}  // namespace flm
