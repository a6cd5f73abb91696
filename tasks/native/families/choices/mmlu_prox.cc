// MMLU-ProX: MMLU-Pro in many languages, each with its own words in the prompt.
#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

struct Wording {
  std::string language, question, options, answer, answer_in_data;
};

const std::vector<Wording>& wordings() {
  static const std::vector<Wording> all = {
      {"af", "Vraag:", "Opsies:", "Antwoord: Kom ons dink stap vir stap.",
       "A: Kom ons dink stap vir stap."},
      {"ar", "سؤال:", "الخيارات:", "الإجابة: دعنا نفكر خطوة بخطوة.", "أ: دعنا نفكر خطوة بخطوة."},
      {"bn", "প্রশ্ন:", "বিকল্পগুলি:", "উত্তর: আসুন ধাপে ধাপে চিন্তা করি।", "A: আসুন ধাপে ধাপে চিন্তা করি।"},
      {"cs", "Otázka:", "Možnosti:", "Odpověď: Přemýšlejme krok za krokem.",
       "A: Přemýšlejme krok za krokem."},
      {"de", "Frage:", "Optionen:", "Antwort: Denken wir Schritt für Schritt nach.",
       "A: Denken wir Schritt für Schritt nach."},
      {"en", "Question:", "Options:", "Answer: Let's think step by step.",
       "A: Let's think step by step."},
      {"es", "Pregunta:", "Opciones:", "Respuesta: Pensemos paso a paso.",
       "A: Pensemos paso a paso."},
      {"fr", "Question :", "Options :", "Réponse : Réfléchissons étape par étape.",
       "A: Réfléchissons étape par étape."},
      {"hi", "प्रश्न:", "विकल्प:", "उत्तर: चलिए चरण-दर-चरण सोचते हैं।", "A: चलिए चरण-दर-चरण सोचते हैं।"},
      {"hu", "Kérdés:", "Opciók:", "Válasz: Gondolkodjunk lépésről lépésre.",
       "A: Gondolkodjunk lépésről lépésre."},
      {"id", "Pertanyaan:", "Pilihan:", "Jawaban: Mari berpikir langkah demi langkah.",
       "A: Mari berpikir langkah demi langkah."},
      {"it", "Domanda:", "Opzioni:", "Risposta: Ragioniamo passo dopo passo.",
       "A: Ragioniamo passo dopo passo."},
      {"ja", "質問：", "選択肢：", "回答：一歩一歩考えていきましょう。",
       "A: 一歩一歩考えていきましょう。"},
      {"ko", "질문：", "선택 사항：", "답변: 한 단계씩 생각해 봅시다.",
       "A: 한 단계씩 생각해 봅시다."},
      {"mr", "प्रश्न:", "पर्याय:", "उत्तर: चला पायरी पायरीने विचार करू.",
       "A: चला पायरी पायरीने विचार करू."},
      {"ne", "प्रश्न:", "विकल्पहरू:", "उत्तर: चरणबद्ध रूपमा सोचौं।", "A: चरणबद्ध रूपमा सोचौं।"},
      {"pt", "Pergunta:", "Opções:", "Resposta: Vamos pensar passo a passo.",
       "A: Vamos pensar passo a passo."},
      {"ru", "Вопрос:", "Варианты:", "Ответ: Давайте подумаем шаг за шагом.",
       "A: Давайте подумаем шаг за шагом."},
      {"sr", "Pitanje:", "Opcije:", "Odgovor: Razmislimo korak po korak.",
       "A: Razmislimo korak po korak."},
      {"sw", "Swali:", "Chaguo:", "Jibu: Hebu tufikiria hatua kwa hatua.",
       "A: Hebu tufikiria hatua kwa hatua."},
      {"te", "ప్రశ్న:", "ఎంపికలు:", "సమాధానం: దశలవారీగా ఆలోచిద్దాం.", "A: దశలవారీగా ఆలోచిద్దాం."},
      {"th", "คำถาม:", "ตัวเลือก:", "คำตอบ: มาคิดทีละขั้นตอนกัน", "A: มาคิดทีละขั้นตอนกัน"},
      {"uk", "Питання:", "Варіанти:", "Відповідь: Давайте подумаємо крок за кроком.",
       "A: Давайте подумаємо крок за кроком."},
      {"ur", "سوال:", "آپشنز:", "جواب: آئیے قدم بہ قدم سوچتے ہیں۔",
       "A: آئیے قدم بہ قدم سوچتے ہیں۔"},
      {"vi", "Câu hỏi:", "Lựa chọn:", "Trả lời: Hãy suy nghĩ từng bước một.",
       "A: Hãy suy nghĩ từng bước một."},
      {"wo", "Laaj:", "Tànneef:", "Tontu: Nan xalaat ci dooley dooley.",
       "A: Nan xalaat ci dooley dooley."},
      {"yo", "Ìbéèrè:", "Àwọn àṣàyàn:", "Ìdáhùn: Ẹ jẹ́ ká ronú lọ́nà tíṣíṣe.",
       "A: Ẹ jẹ́ ká ronú lọ́nà tíṣíṣe."},
      {"zh", "问题：", "选项：", "答案：让我们一步一步地思考。", "A: 让我们一步一步地思考。"},
      {"zu", "Umbuzo:", "Izinketho:", "Impendulo: Asicabange isinyathelo ngesinyathelo.",
       "A: Asicabange isinyathelo ngesinyathelo."}};
  return all;
}

/// A question with the choices that it has; their letters are those of their columns.
std::string asked(const PyValue& doc, const Wording& words) {
  std::string text =
      words.question + "\n" + text_column(doc, "question") + "\n" + words.options + "\n";
  for (int i = 0; i < 10; ++i) {
    const PyValue& option = column(doc, "option_" + std::to_string(i));
    if (!option.is_none())
      text += std::string(1, static_cast<char>('A' + i)) + ". " + option.str() + "\n";
  }
  return text;
}

}  // namespace

void add_mmlu_prox(NativeFunctions& all) {
  for (const Wording& words : wordings()) {
    const std::string module = "mmlu_prox/" + words.language + "/utils.";
    all.doc_values[module + "doc_to_text"] = [words](const PyValue& doc) {
      return PyValue(asked(doc, words) + words.answer);
    };
    all.doc_values[module + "fewshot_to_text"] = [words](const PyValue& doc) {
      const std::string steps =
          python_replace(text_column(doc, "cot_content"), words.answer_in_data, words.answer);
      return PyValue(asked(doc, words) + steps + "\n\n");
    };
  }
}

}  // namespace flm
