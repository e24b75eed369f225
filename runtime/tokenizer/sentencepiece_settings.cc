// A SentencePiece model as the pipeline that transformers makes of it.
#include <algorithm>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "henson/error.h"
#include "runtime/tokenizer/added_tokens.h"
#include "runtime/tokenizer/charsmap.h"
#include "runtime/tokenizer/sentencepiece_file.h"
#include "runtime/tokenizer/unicode.h"
#include "runtime/tokenizer/utf8.h"

namespace henson::tokenizer {
namespace {

using Json = nlohmann::json;
using Numbering = TokenizerClass::Pieces;
using Scored = std::pair<std::string, double>;

constexpr int kExtraIds = 100;  // of T5

/// Numbers with a comma after them are made of their digits instead.
bool ends_with_number_and_comma(std::string_view piece) {
  if (piece.size() < 2 || piece.back() != ',') return false;
  std::size_t last = piece.size() - 2;
  while (last > 0 && !starts_code_point(piece[last])) --last;
  return Unicode::table().is(CodePointSet::kNumeric, decode_utf8(piece, last).code);
}

/// The vocabulary, by ids.
std::vector<Scored> numbered(const SentencePieceModel& model, const TokenizerClass& known) {
  std::vector<Scored> pieces;
  std::size_t skipped = 0;
  if (known.pieces == Numbering::kXlmRoberta) {
    pieces = {{"<s>", 0}, {"<pad>", 0}, {"</s>", 0}, {"<unk>", 0}};
    skipped = 3;
  } else if (known.pieces == Numbering::kCamembert) {
    pieces = {
        {"<s>NOTUSED", 0}, {"<pad>", 0}, {"</s>NOTUSED", 0}, {"<unk>", 0}, {"<unk>NOTUSED", -100}};
    skipped = 1;
  }
  const bool splits_numbers = known.name == "Albert" || known.name == "FNet";
  for (std::size_t i = skipped; i < model.pieces.size(); ++i) {
    const SentencePiece& piece = model.pieces[i];
    const bool splits = splits_numbers && ends_with_number_and_comma(piece.text);
    pieces.emplace_back(piece.text, splits ? double{piece.score} - 100 : double{piece.score});
  }
  if (known.pieces == Numbering::kXlmRoberta || known.pieces == Numbering::kCamembert) {
    pieces.emplace_back("<mask>", 0);
  }
  if (known.pieces == Numbering::kT5) {
    for (int i = kExtraIds; i-- > 0;)
      pieces.emplace_back("<extra_id_" + std::to_string(i) + ">", 0);
  }
  return pieces;
}

Json replace(const char* kind, const char* from, const char* to) {
  return {{"type", "Replace"}, {"pattern", {{kind, from}}}, {"content", to}};
}

Json charsmap_of(const SentencePieceModel& model) {
  return {{"type", "Precompiled"}, {"precompiled_charsmap", encode_base64(model.charsmap)}};
}

/// With steps for lower case and without accents, where a class has options for these.
Json normalizer_of(const SentencePieceModel& model, const TokenizerClass& known) {
  Json steps = Json::array();
  const auto add_charsmap = [&] {
    if (!model.charsmap.empty()) steps.push_back(charsmap_of(model));
  };
  if (known.name == "Albert" || known.name == "FNet" || known.name == "RemBert") {
    steps.push_back(replace("String", "``", "\""));
    steps.push_back(replace("String", "''", "\""));
    if (known.name == "RemBert") steps.push_back(replace("Regex", " {2,}", " "));
    steps.push_back({{"type", "NFKD"}});
    steps.push_back({{"type", "StripAccents"}});
    steps.push_back({{"type", "Lowercase"}});
    add_charsmap();
    if (known.name != "RemBert") steps.push_back(replace("Regex", " {2,}", " "));
  } else if (known.name == "DebertaV2") {
    steps.push_back({{"type", "Lowercase"}});
    steps.push_back({{"type", "Strip"}, {"strip_left", true}, {"strip_right", true}});
    add_charsmap();
    steps.push_back(replace("Regex", " {2,}", " "));
  } else {
    add_charsmap();
    steps.push_back({{"type", "Strip"}, {"strip_left", false}, {"strip_right", true}});
    steps.push_back(replace("Regex", " {2,}", "▁"));
  }
  return {{"type", "Sequence"}, {"normalizers", steps}};
}

/// All pairs of pieces that make a piece, the better piece first.
void add_merges(const SentencePieceModel& model, const std::vector<Scored>& pieces,
                Settings& settings) {
  struct Merge {
    std::string left;
    std::string right;
    double score = 0;
    std::size_t left_length = 0;  // code points
    std::size_t right_length = 0;
  };
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < model.pieces.size(); ++i) places[model.pieces[i].text] = i;
  std::unordered_map<std::string_view, double> scores;
  for (const auto& [text, score] : pieces) scores[text] = score;
  std::vector<Merge> merges;
  const auto length = [](std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_code_point));
  };
  for (const auto& [text, own] : pieces) {
    const auto score = scores.find(text);
    if (score == scores.end()) continue;  // of a text that came before
    const std::size_t first = merges.size();
    for (std::size_t at = 1; at < text.size(); ++at) {
      if (!starts_code_point(text[at])) continue;
      const std::string left = text.substr(0, at);
      const std::string right = text.substr(at);
      if (!places.contains(left) || !places.contains(right)) continue;
      merges.push_back({left, right, score->second, length(left), length(right)});
    }
    std::stable_sort(merges.begin() + static_cast<std::ptrdiff_t>(first), merges.end(),
                     [&](const Merge& a, const Merge& b) {
                       return std::pair(places[a.left], places[a.right]) <
                              std::pair(places[b.left], places[b.right]);
                     });
    scores.erase(score);
  }
  std::stable_sort(merges.begin(), merges.end(), [](const Merge& a, const Merge& b) {
    return std::tuple(a.score, a.left_length, a.right_length) >
           std::tuple(b.score, b.left_length, b.right_length);
  });
  for (Merge& merge : merges) {
    settings.merges.emplace_back(std::move(merge.left), std::move(merge.right));
  }
}

void set_model(const SentencePieceModel& model, const TokenizerClass& known, Settings& settings) {
  const std::vector<Scored> pieces = numbered(model, known);
  const bool is_unigram = model.kind == SentencePieceModel::Kind::kUnigram;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const auto id = static_cast<std::int64_t>(i);
    if (is_unigram) {
      settings.vocabulary.add_again(pieces[i].first, id);
      settings.scores.push_back(pieces[i].second);
    } else {
      settings.vocabulary.add(pieces[i].first, id);
    }
  }
  if (is_unigram) {
    const bool is_shifted = known.pieces == Numbering::kXlmRoberta ||
                            known.pieces == Numbering::kCamembert || known.name == "Barthez";
    settings.kind = Settings::Kind::kUnigram;
    settings.unknown_id = is_shifted ? 3 : model.unknown_id;
    if (*settings.unknown_id < 0 ||
        *settings.unknown_id >= static_cast<std::int64_t>(pieces.size())) {
      throw Error(ErrorCode::kBadArchive, settings.source + " has no piece for what is unknown");
    }
  } else {
    settings.kind = Settings::Kind::kBpe;
    settings.unknown_token = model.unknown_piece;
    settings.fuse_unknown = true;
    add_merges(model, pieces, settings);
  }
}

void add_special_pieces(const SentencePieceModel& model, Settings& settings) {
  std::vector<AddedToken> tokens;
  for (const SentencePiece& piece : model.pieces) {
    const bool is_control = piece.type == SentencePiece::Type::kControl;
    if (!is_control && piece.type != SentencePiece::Type::kUserDefined) continue;
    AddedToken token;
    token.text = piece.text;
    token.special = is_control;
    tokens.push_back(std::move(token));
  }
  add_tokens(settings, tokens);
}

}  // namespace

Settings settings_of(const SentencePieceModel& model, const TokenizerClass& tokenizer_class,
                     const std::filesystem::path& path) {
  using Kind = SentencePieceModel::Kind;
  Settings settings;
  settings.source = path.string();
  const auto refuse = [&](const char* what) {
    throw Error(ErrorCode::kUnsupported, settings.source + " " + what);
  };
  if (model.kind != Kind::kUnigram && model.kind != Kind::kBpe) {
    refuse("is a model of words or characters; Henson knows Unigram and BPE");
  }
  for (const std::string_view name : {"T5", "RemBert", "BigBird"}) {
    if (tokenizer_class.name != name) continue;
    throw Error(ErrorCode::kUnsupported,
                settings.source + ": the pieces of " + std::string(name) +
                    " are not yet read as transformers reads them; save the tokenizer with its "
                    "tokenizer.json");
  }
  if (model.suffix_spaces) refuse("has spaces at the ends of words");
  if (!model.prefix_space) refuse("starts texts without a space (add_dummy_prefix is false)");
  set_model(model, tokenizer_class, settings);
  add_special_pieces(model, settings);
  settings.normalizer = normalizer_of(model, tokenizer_class);
  const Json metaspace = {
      {"type", "Metaspace"}, {"replacement", "▁"}, {"prepend_scheme", "always"}, {"split", true}};
  settings.pre_tokenizer = metaspace;
  settings.decoder = metaspace;
  return settings;
}

}  // namespace henson::tokenizer
