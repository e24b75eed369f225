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

/// Numbers with a comma after them are made of their digits instead.
bool ends_with_number_and_comma(std::string_view piece) {
  if (piece.size() < 2 || piece.back() != ',') return false;
  std::size_t last = piece.size() - 2;
  while (last > 0 && !starts_code_point(piece[last])) --last;
  return Unicode::table().is(CodePointSet::kNumeric, decode_utf8(piece, last).code);
}

std::string extra_id(int number) { return "<extra_id_" + std::to_string(number) + ">"; }

/// The vocabulary, by ids.
std::vector<Scored> numbered(const SentencePieceModel& model, const TokenizerClass& known,
                             const SentencePieceOptions& options) {
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
    for (int i = options.extra_ids; i-- > 0;) pieces.emplace_back(extra_id(i), 0);
  }
  return pieces;
}

Json replace(const char* kind, const char* from, const char* to) {
  return {{"type", "Replace"}, {"pattern", {{kind, from}}}, {"content", to}};
}

Json charsmap_of(const SentencePieceModel& model) {
  return {{"type", "Precompiled"}, {"precompiled_charsmap", encode_base64(model.charsmap)}};
}

Json normalizer_of(const SentencePieceModel& model, const TokenizerClass& known,
                   const SentencePieceOptions& options) {
  Json steps = Json::array();
  const auto add = [&](bool wanted, Json step) {
    if (wanted) steps.push_back(std::move(step));
  };
  const Json one_space = replace("Regex", " {2,}", " ");
  if (known.name == "Albert" || known.name == "FNet" || known.name == "RemBert") {
    const bool is_rembert = known.name == "RemBert";
    add(true, replace("String", "``", "\""));
    add(true, replace("String", "''", "\""));
    add(is_rembert, one_space);
    add(!options.keeps_accents, {{"type", "NFKD"}});
    add(!options.keeps_accents, {{"type", "StripAccents"}});
    add(options.lowers, {{"type", "Lowercase"}});
    add(!model.charsmap.empty(), charsmap_of(model));
    add(!is_rembert, one_space);
  } else if (known.name == "DebertaV2") {
    add(options.lowers, {{"type", "Lowercase"}});
    add(true, {{"type", "Strip"}, {"strip_left", true}, {"strip_right", true}});
    add(!model.charsmap.empty(), charsmap_of(model));
    add(true, one_space);
  } else {
    add(!model.charsmap.empty(), charsmap_of(model));
    add(true, {{"type", "Strip"}, {"strip_left", false}, {"strip_right", true}});
    add(true, replace("Regex", " {2,}", "▁"));
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

void set_model(const SentencePieceModel& model, const TokenizerClass& known,
               const std::vector<Scored>& pieces, Settings& settings) {
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
    const auto unknown = static_cast<std::size_t>(model.unknown_id);  // a huge one when negative
    if (!is_shifted && (unknown >= model.pieces.size() ||
                        model.pieces[unknown].type != SentencePiece::Type::kUnknown)) {
      throw Error(ErrorCode::kBadArchive, settings.source + " has no piece for what is unknown");
    }
  } else {
    settings.kind = Settings::Kind::kBpe;
    settings.unknown_token = model.unknown_piece;
    settings.fuse_unknown = true;
    add_merges(model, pieces, settings);
  }
}

void add_special_pieces(const SentencePieceModel& model, const TokenizerClass& known,
                        const SentencePieceOptions& options, Settings& settings) {
  std::vector<AddedToken> tokens;
  for (const SentencePiece& piece : model.pieces) {
    const bool is_control = piece.type == SentencePiece::Type::kControl;
    if (!is_control && piece.type != SentencePiece::Type::kUserDefined) continue;
    tokens.push_back({.text = piece.text, .special = is_control});
  }
  if (known.pieces == Numbering::kT5) {
    for (int i = options.extra_ids; i-- > 0;) tokens.push_back({.text = extra_id(i)});
  }
  if (known.pieces == Numbering::kCamembert) {
    for (const char* const text : {"<s>NOTUSED", "</s>NOTUSED", "<unk>NOTUSED"}) {
      tokens.push_back({.text = text});
    }
  }
  add_tokens(settings, tokens);
}

/// What SentencePiece does and the pipelines do not: they would give other ids than the model was
/// trained with.
void check_supported(const SentencePieceModel& model, const std::string& source) {
  using Kind = SentencePieceModel::Kind;
  const auto refuse_if = [&](bool refused, const char* what) {
    if (refused) throw Error(ErrorCode::kUnsupported, source + " " + what);
  };
  refuse_if(model.kind != Kind::kUnigram && model.kind != Kind::kBpe,
            "is a model of words or characters; Henson knows Unigram and BPE");
  refuse_if(model.suffix_spaces,
            "has spaces at the ends of words (treat_whitespace_as_suffix is true)");
  refuse_if(!model.prefix_space, "starts texts without a space (add_dummy_prefix is false)");
  refuse_if(!model.one_space,
            "keeps spaces that follow each other (remove_extra_whitespaces is false)");
  refuse_if(!model.escapes_spaces, "has spaces in its pieces (escape_whitespaces is false)");
  refuse_if(model.byte_fallback,
            "spells unknown text in bytes (byte_fallback is true), which its class does not");
  refuse_if(model.changes_decoded, "replaces parts of decoded text (denormalizer_spec)");
}

}  // namespace

Settings settings_of(const SentencePieceModel& model, const TokenizerClass& tokenizer_class,
                     const SentencePieceOptions& options, const std::filesystem::path& path) {
  Settings settings;
  settings.source = path.string();
  check_supported(model, settings.source);
  set_model(model, tokenizer_class, numbered(model, tokenizer_class, options), settings);
  add_special_pieces(model, tokenizer_class, options, settings);
  settings.normalizer = normalizer_of(model, tokenizer_class, options);
  const Json metaspace = {{"type", "Metaspace"},
                          {"replacement", "▁"},
                          {"prepend_scheme", options.prepend_scheme},
                          {"split", true}};
  settings.pre_tokenizer = metaspace;
  if (options.cuts_punctuation) {
    const Json punctuation = {{"type", "Punctuation"}, {"behavior", "Isolated"}};
    settings.pre_tokenizer = {{"type", "Sequence"},
                              {"pretokenizers", Json::array({punctuation, metaspace})}};
  }
  settings.decoder = metaspace;
  return settings;
}

}  // namespace henson::tokenizer
