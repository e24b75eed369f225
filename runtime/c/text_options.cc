#include "runtime/c/text_options.h"

#include "runtime/c/values.h"

namespace henson::c {

TextModelOptions to_options(const henson_text_options* given) {
  const henson_text_options from = options_of(given);
  TextModelOptions options;
  options.session = to_options(from.session);
  options.open = to_options(from.open);
  options.tokenizer = to_options(from.tokenizer);
  options.vocabulary = string_of(from.vocabulary);
  options.alone = from.alone != 0;
  options.max_length = from.max_length;
  options.output = string_of(from.output);
  return options;
}

EmbedOptions to_options(const henson_embed_options* given) {
  const henson_embed_options from = options_of(given);
  EmbedOptions options;
  options.pooling = one_of(from.pooling, Pooling::kLast, "pooling");
  if (from.normalize < HENSON_NORMALIZE || from.normalize > HENSON_AS_FOLDER_SAYS) {
    refuse("normalize: there is no " + std::to_string(from.normalize));
  }
  options.normalize = from.normalize == HENSON_NORMALIZE;
  if (from.normalize == HENSON_AS_FOLDER_SAYS) options.normalize = std::nullopt;
  if (from.prompt != nullptr) options.prompt = from.prompt;
  options.prompt_name = string_of(from.prompt_name);
  options.truncate_to = from.truncate_to;
  return options;
}

AnswerOptions to_options(const henson_answer_options* given) {
  const henson_answer_options from = options_of(given);
  AnswerOptions options;
  const auto take = [](std::size_t& option, std::uint64_t value) {
    if (value > 0) option = value;
  };
  take(options.count, from.count);
  take(options.longest, from.longest);
  take(options.window_length, from.window_length);
  take(options.stride, from.stride);
  options.may_be_none = from.may_be_none != 0;
  return options;
}

}  // namespace henson::c
