// Words for what henson/inspect.h tells.
#include <array>

#include "henson/inspect.h"

namespace henson {
namespace {

/// The text at an enumerator's place; empty for a number that is none.
template <typename Enum, std::size_t N>
std::string_view at(const std::array<std::string_view, N>& texts, Enum value) noexcept {
  const auto place = static_cast<std::size_t>(value);
  return place < N ? texts[place] : std::string_view();
}

}  // namespace

std::string_view name_of(ModelPart part) noexcept {
  static constexpr auto kTexts = std::to_array<std::string_view>({"",
                                                                  "word embeddings",
                                                                  "position embeddings",
                                                                  "token type embeddings",
                                                                  "embedding layer norm",
                                                                  "embedding projection",
                                                                  "relative positions",
                                                                  "query",
                                                                  "key",
                                                                  "value",
                                                                  "query, key and value",
                                                                  "attention output",
                                                                  "attention layer norm",
                                                                  "feed-forward in",
                                                                  "feed-forward out",
                                                                  "output layer norm",
                                                                  "final layer norm",
                                                                  "pooler",
                                                                  "head transform",
                                                                  "head layer norm",
                                                                  "decoder",
                                                                  "classifier"});
  return at(kTexts, part);
}

std::string_view name_of(ModelFamily family) noexcept {
  static constexpr auto kTexts = std::to_array<std::string_view>(
      {"transformer", "BERT", "RoBERTa", "DistilBERT", "ELECTRA", "ALBERT", "MPNet"});
  return at(kTexts, family);
}

std::string_view name_of(ModelKind kind) noexcept {
  static constexpr auto kTexts = std::to_array<std::string_view>(
      {"", "encoding", "sentence embeddings", "masked language modeling", "pretraining",
       "next sentence prediction", "sequence classification", "token classification",
       "question answering", "multiple choice", "sparse embeddings"});
  return at(kTexts, kind);
}

std::string_view name_of(PositionKind kind) noexcept {
  static constexpr auto kTexts =
      std::to_array<std::string_view>({"?", "no", "absolute", "absolute and relative", "relative"});
  return at(kTexts, kind);
}

std::string_view name_of(OutputMeaning meaning) noexcept {
  static constexpr auto kTexts = std::to_array<std::string_view>(
      {"", "hidden states", "last hidden states", "pooled state", "sentence embedding",
       "logits over the vocabulary", "weights over the vocabulary", "next sentence logits",
       "logits over the labels", "logits over the labels of each token", "logits of the start",
       "logits of the end", "logits over the choices", "attention"});
  return at(kTexts, meaning);
}

std::string_view name_of(TieState state) noexcept {
  static constexpr auto kTexts = std::to_array<std::string_view>({"tied", "equal", "diverged"});
  return at(kTexts, state);
}

}  // namespace henson
