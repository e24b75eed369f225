#include "runtime/tokenizer/tokenizer_class.h"

#include <algorithm>
#include <array>
#include <map>

#include "henson/error.h"
#include "runtime/tokenizer/files.h"
#include "runtime/tokenizer/json_file.h"

namespace henson::tokenizer {
namespace {

using Scheme = TokenizerClass::Scheme;
using Numbering = TokenizerClass::Pieces;

constexpr std::array<TokenizerClass, 41> kClasses{{
    {"Bert", Scheme::kBert},
    {"ConvBert", Scheme::kBert},
    {"DPRContextEncoder", Scheme::kBert},
    {"DPRQuestionEncoder", Scheme::kBert},
    {"DPRReader", Scheme::kBert},
    {"DistilBert", Scheme::kBert},
    {"Electra", Scheme::kBert},
    {"LayoutLM", Scheme::kBert},
    {"Lxmert", Scheme::kBert},
    {"MobileBert", Scheme::kBert},
    {"Realm", Scheme::kBert},
    {"RetriBert", Scheme::kBert},
    {"SqueezeBert", Scheme::kBert},
    {"Funnel", Scheme::kFunnel},
    {"MPNet", Scheme::kMpnet},
    {"Bart", Scheme::kRoberta},
    {"LED", Scheme::kRoberta},
    {"Longformer", Scheme::kRoberta},
    {"Mvp", Scheme::kRoberta},
    {"Roberta", Scheme::kRoberta},
    {"Deberta", Scheme::kBert},
    {"GPT2", Scheme::kNone},
    {"CodeGen", Scheme::kNone},
    {"Albert", Scheme::kBert},
    {"FNet", Scheme::kBert},
    {"BigBird", Scheme::kBert},
    {"DebertaV2", Scheme::kBert},
    {"RemBert", Scheme::kBert},
    {"Camembert", Scheme::kRoberta, Numbering::kCamembert},
    {"XLMRoberta", Scheme::kRoberta, Numbering::kXlmRoberta},
    {"Barthez", Scheme::kRoberta},
    {"Reformer", Scheme::kNone},
    {"T5", Scheme::kT5, Numbering::kT5},
    // Of these a tokenizer.json says all.
    {"CLIP", Scheme::kNone},
    {"Herbert", Scheme::kNone},
    {"Llama", Scheme::kNone},
    {"OpenAIGPT", Scheme::kNone},
    {"Qwen2", Scheme::kNone},
    {"XLNet", Scheme::kNone},
    {"PreTrained", Scheme::kNone},
    {"Gemma", Scheme::kNone},
}};

/// Classes that cut words by other means than a tokenizer.json says.
constexpr std::array<std::string_view, 7> kOtherMeans{
    "BertGeneration", "BertJapanese", "Cpm", "LayoutLMv2", "LayoutLMv3", "LayoutXLM", "RoFormer"};

const std::map<std::string, std::string_view, std::less<>>& classes_of_models() {
  static const std::map<std::string, std::string_view, std::less<>> classes = {
      {"albert", "Albert"},
      {"bart", "Bart"},
      {"bert", "Bert"},
      {"big_bird", "BigBird"},
      {"camembert", "Camembert"},
      {"convbert", "ConvBert"},
      {"deberta", "Deberta"},
      {"deberta-v2", "DebertaV2"},
      {"distilbert", "DistilBert"},
      {"electra", "Electra"},
      {"fnet", "FNet"},
      {"funnel", "Funnel"},
      {"gpt2", "GPT2"},
      {"layoutlm", "LayoutLM"},
      {"longformer", "Longformer"},
      {"mobilebert", "MobileBert"},
      {"mpnet", "MPNet"},
      {"mt5", "T5"},
      {"nomic_bert", "Bert"},
      {"rembert", "RemBert"},
      {"roberta", "Roberta"},
      {"squeezebert", "SqueezeBert"},
      {"t5", "T5"},
      {"umt5", "T5"},
      {"xlm-roberta", "XLMRoberta"},
      {"xlm-roberta-xl", "XLMRoberta"},
      {"xmod", "XLMRoberta"}};
  return classes;
}

const TokenizerClass* find_class(std::string_view name) {
  const auto found = std::find_if(kClasses.begin(), kClasses.end(),
                                  [&](const TokenizerClass& known) { return known.name == name; });
  return found == kClasses.end() ? nullptr : &*found;
}

bool take_suffix(std::string_view& name, std::string_view suffix) {
  if (!name.ends_with(suffix)) return false;
  name.remove_suffix(suffix.size());
  return true;
}

TokenizerClass known_class(const JsonValue& value) {
  const std::string full = value.text();
  if (full == "TokenizersBackend") return class_named("PreTrained");
  std::string_view name = full;
  const bool is_fast = take_suffix(name, "TokenizerFast");
  if (!is_fast) take_suffix(name, "Tokenizer");
  const bool is_other =
      std::find(kOtherMeans.begin(), kOtherMeans.end(), name) != kOtherMeans.end();
  if (const TokenizerClass* const known = find_class(name); known != nullptr && !is_other) {
    return *known;
  }
  if (is_fast && !is_other) return class_named("PreTrained");  // what its tokenizer.json says
  value.unsupported(
      "is " + full +
      (is_other ? ", which cuts words by means of its own" : ", which Henson does not know"));
}

}  // namespace

TokenizerClass class_named(std::string_view name) {
  const TokenizerClass* const found = find_class(name);
  if (found == nullptr) {
    throw Error(ErrorCode::kInternal, "no tokenizer class " + std::string(name));
  }
  return *found;
}

bool has_sentencepiece(const TokenizerClass& known) {
  constexpr std::array<std::string_view, 10> kNames{
      "Albert", "Barthez", "BigBird",  "Camembert", "DebertaV2",
      "FNet",   "RemBert", "Reformer", "T5",        "XLMRoberta"};
  return std::find(kNames.begin(), kNames.end(), known.name) != kNames.end();
}

bool has_vocab_json(const TokenizerClass& known) {
  return (known.scheme == Scheme::kRoberta && !has_sentencepiece(known)) ||
         known.name == "Deberta" || known.name == "GPT2" || known.name == "CodeGen";
}

bool has_vocab_txt(const TokenizerClass& known) {
  return known.scheme == Scheme::kFunnel || known.scheme == Scheme::kMpnet ||
         (known.scheme == Scheme::kBert && known.name != "Deberta" && !has_sentencepiece(known));
}

std::optional<TokenizerClass> read_tokenizer_class(const std::filesystem::path& folder) {
  for (const char* const name : {"tokenizer_config.json", "config.json"}) {
    const std::filesystem::path path = folder / name;
    if (!file_exists(path)) continue;
    const nlohmann::json json = read_json(path);
    const JsonValue file(json, path.string());
    if (const auto named = file.find("tokenizer_class")) return known_class(*named);
    if (name != std::string_view("config.json")) continue;
    const auto model = file.find("model_type");
    if (!model || !model->json().is_string()) continue;
    const auto known = classes_of_models().find(model->text());
    if (known != classes_of_models().end()) return class_named(known->second);
  }
  return std::nullopt;
}

}  // namespace henson::tokenizer
