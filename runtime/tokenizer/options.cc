#include "runtime/tokenizer/options.h"

#include <string>

#include "henson/error.h"

namespace henson::tokenizer {
namespace {

void apply(Settings& settings, const char* option, const char* key, std::optional<bool> value) {
  if (!value) return;
  if (settings.normalizer.is_null() && settings.kind == Settings::Kind::kWordPiece) {
    settings.normalizer = {{"type", "BertNormalizer"},
                           {"clean_text", false},
                           {"handle_chinese_chars", false},
                           {"strip_accents", false},
                           {"lowercase", false}};
  }
  if (part_of_type(settings.normalizer, "BertNormalizer") == nullptr) {
    if (!*value && settings.normalizer.is_null()) return;  // nothing changes texts
    throw Error(ErrorCode::kBadInput, settings.source + " has no BertNormalizer: the option " +
                                          option + " has nothing to act on");
  }
  set_bert_option(settings, key, value);
}

}  // namespace

void set_bert_option(Settings& settings, const char* key, std::optional<bool> value) {
  nlohmann::json* const normalizer = part_of_type(settings.normalizer, "BertNormalizer");
  if (normalizer == nullptr) return;
  (*normalizer)[key] = value ? nlohmann::json(*value) : nlohmann::json();
}

void set_prefix_space(Settings& settings, bool value) {
  nlohmann::json* const words = part_of_type(settings.pre_tokenizer, "ByteLevel");
  if (words != nullptr) (*words)["add_prefix_space"] = value;
}

void apply_options(const TokenizerOptions& options, Settings& settings) {
  apply(settings, "lower_case", "lowercase", options.lower_case);
  apply(settings, "strip_accents", "strip_accents", options.strip_accents);
  apply(settings, "tokenize_cjk", "handle_chinese_chars", options.tokenize_cjk);
  if (!options.add_prefix_space) return;
  if (part_of_type(settings.pre_tokenizer, "ByteLevel") == nullptr) {
    throw Error(ErrorCode::kBadInput, settings.source +
                                          " has no ByteLevel pre-tokenizer: the "
                                          "option add_prefix_space has nothing to "
                                          "act on");
  }
  set_prefix_space(settings, *options.add_prefix_space);
}

}  // namespace henson::tokenizer
