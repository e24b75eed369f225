// Tokenizers, for C.
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/c/handles.h"
#include "runtime/c/text_options.h"
#include "runtime/c/values.h"

using henson::ByteRange;
using henson::EncodeOptions;
using henson::Encoding;
using henson::Tokenizer;
using henson::c::give;
using henson::c::guarded;
using henson::c::refuse;
using henson::c::required;

static_assert(sizeof(ByteRange) == 2 * sizeof(std::uint32_t));  // henson_sequence::offsets

namespace henson::c {
namespace {

std::optional<bool> choice_of(int choice, const char* name) {
  if (choice < -1 || choice > 1) refuse(std::string(name) + " is 1, 0 or -1");
  return choice == 0 ? std::nullopt : std::optional(choice == 1);
}

EncodeOptions encode_options_of(const henson_encode_options& from) {
  EncodeOptions options;
  options.add_special_tokens = from.without_special == 0;
  options.max_length = from.max_length;
  options.stride = from.stride;
  options.truncation = one_of(from.truncation, Truncation::kOnlySecond, "truncation");
  if (from.truncation_side != HENSON_SIDE_OF_FILES) {
    options.truncation_side =
        one_of(from.truncation_side - HENSON_SIDE_RIGHT, TruncationSide::kLeft, "truncation_side");
  }
  return options;
}

}  // namespace

TokenizerOptions to_options(const henson_tokenizer_options* given) {
  const henson_tokenizer_options from = options_of(given);
  return {.lower_case = choice_of(from.lower_case, "lower_case"),
          .strip_accents = choice_of(from.strip_accents, "strip_accents"),
          .tokenize_cjk = choice_of(from.tokenize_cjk, "tokenize_cjk"),
          .add_prefix_space = choice_of(from.add_prefix_space, "add_prefix_space")};
}

}  // namespace henson::c

namespace {

std::vector<Encoding> encode(const Tokenizer& tokenizer, const henson_text& text,
                             const henson_text* pair, const henson_encode_options* given) {
  const henson_encode_options from = henson::c::options_of(given);
  const EncodeOptions options = henson::c::encode_options_of(from);
  const std::string_view first = henson::c::view_of(text);
  std::vector<Encoding> sequences;
  if (from.windows != 0) {
    sequences = pair ? tokenizer.encode_windows(first, henson::c::view_of(*pair), options)
                     : tokenizer.encode_windows(first, options);
  } else {
    sequences.push_back(pair ? tokenizer.encode(first, henson::c::view_of(*pair), options)
                             : tokenizer.encode(first, options));
  }
  return sequences;
}

int64_t id_or_none(const henson_tokenizer* tokenizer,
                   std::optional<std::int64_t> (Tokenizer::*id)() const noexcept) {
  return tokenizer != nullptr ? (tokenizer->tokenizer.*id)().value_or(-1) : -1;
}

}  // namespace

extern "C" {

henson_status henson_tokenizer_open(const char* path, const henson_tokenizer_options* options,
                                    henson_tokenizer** tokenizer) {
  return give(tokenizer, [&] {
    return henson_tokenizer{
        Tokenizer::open(&required(path, "the path"), henson::c::to_options(options))};
  });
}
void henson_tokenizer_free(henson_tokenizer* tokenizer) { delete tokenizer; }

henson_status henson_tokenizer_encode(const henson_tokenizer* tokenizer, henson_text text,
                                      const henson_text* pair, const henson_encode_options* options,
                                      henson_encoding** encoding) {
  return give(encoding, [&] {
    const Tokenizer& of = required(tokenizer, "the tokenizer").tokenizer;
    return henson_encoding{encode(of, text, pair, options)};
  });
}

henson_status henson_tokenizer_decode(const henson_tokenizer* tokenizer, const int64_t* ids,
                                      size_t count, int32_t skip_special, char** text) {
  if (text != nullptr) *text = nullptr;
  return guarded([&] {
    char*& place = required(text, "the pointer for the result");
    const Tokenizer& of = required(tokenizer, "the tokenizer").tokenizer;
    if (count > 0) required(ids, "the ids");
    place = henson::c::copy_of(of.decode(std::span(ids, count), skip_special != 0));
  });
}

const char* henson_tokenizer_token(const henson_tokenizer* tokenizer, int64_t id, size_t* bytes) {
  if (bytes != nullptr) *bytes = 0;
  const char* found = nullptr;
  guarded([&] {
    const auto token = required(tokenizer, "the tokenizer").tokenizer.token(id);
    if (!token) return;
    if (bytes != nullptr) *bytes = token->size();
    found = token->empty() ? "" : token->data();
  });
  return found;
}

int64_t henson_tokenizer_id(const henson_tokenizer* tokenizer, henson_text token) {
  int64_t found = -1;
  guarded([&] {
    const Tokenizer& of = required(tokenizer, "the tokenizer").tokenizer;
    found = of.id(henson::c::view_of(token)).value_or(-1);
  });
  return found;
}

size_t henson_tokenizer_size(const henson_tokenizer* tokenizer) {
  return tokenizer != nullptr ? tokenizer->tokenizer.vocabulary_size() : 0;
}
int64_t henson_tokenizer_cls(const henson_tokenizer* tokenizer) {
  return id_or_none(tokenizer, &Tokenizer::cls_id);
}
int64_t henson_tokenizer_sep(const henson_tokenizer* tokenizer) {
  return id_or_none(tokenizer, &Tokenizer::sep_id);
}
int64_t henson_tokenizer_pad(const henson_tokenizer* tokenizer) {
  return id_or_none(tokenizer, &Tokenizer::pad_id);
}
int64_t henson_tokenizer_mask(const henson_tokenizer* tokenizer) {
  return id_or_none(tokenizer, &Tokenizer::mask_id);
}
int64_t henson_tokenizer_unk(const henson_tokenizer* tokenizer) {
  return id_or_none(tokenizer, &Tokenizer::unk_id);
}

void henson_encoding_free(henson_encoding* encoding) { delete encoding; }

size_t henson_encoding_count(const henson_encoding* encoding) {
  return encoding != nullptr ? encoding->sequences.size() : 0;
}

henson_status henson_encoding_at(const henson_encoding* encoding, size_t index,
                                 henson_sequence* sequence) {
  return guarded([&] {
    henson_sequence& place = required(sequence, "the pointer for the sequence");
    place = {};
    const std::vector<Encoding>& sequences = required(encoding, "the encoding").sequences;
    if (index >= sequences.size()) refuse("the encoding has not so many sequences");
    const Encoding& found = sequences[index];
    place.size = found.size();
    place.ids = found.ids.data();
    place.type_ids = found.type_ids.data();
    place.offsets = reinterpret_cast<const uint32_t*>(found.offsets.data());
    place.special = found.special.data();
    place.sequences = found.sequences.data();
    place.words = found.words.data();
    place.lost = found.lost;
  });
}

}  // extern "C"
