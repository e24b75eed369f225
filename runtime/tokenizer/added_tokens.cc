#include "runtime/tokenizer/added_tokens.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "henson/error.h"

namespace henson::tokenizer {

AddedToken read_added_token(const JsonValue& value, bool special) {
  AddedToken token;
  token.special = special;
  if (value.json().is_string()) {
    token.text = value.text();
    return token;
  }
  token.text = value.at("content").text();
  token.single_word = value.boolean("single_word").value_or(false);
  token.lstrip = value.boolean("lstrip").value_or(false);
  token.rstrip = value.boolean("rstrip").value_or(false);
  token.normalized = value.boolean("normalized").value_or(false);
  token.special = value.boolean("special").value_or(special);
  return token;
}

namespace {

AddedToken changed(const AddedToken& old, AddedToken token) {
  token.id = old.id;
  if (old.special) {
    token.special = true;
    token.normalized = old.normalized;
    token.in_both = old.in_both;
  } else {
    token.in_both = old.in_both || old.normalized != token.normalized;
    token.normalized = old.normalized || token.normalized;
  }
  return token;
}

}  // namespace

void add_tokens(Settings& settings, std::span<const AddedToken> tokens) {
  auto next_id = static_cast<std::int64_t>(settings.vocabulary.token_count());
  std::unordered_map<std::string, std::size_t> known;
  for (std::size_t i = 0; i < settings.added.size(); ++i) {
    next_id = std::max(next_id, settings.added[i].id + 1);
    known.emplace(settings.added[i].text, i);
  }
  for (const AddedToken& token : tokens) {
    if (token.text.empty()) continue;
    const auto [found, is_new] = known.emplace(token.text, settings.added.size());
    if (is_new) {
      settings.added.push_back(token);
      const auto id = settings.vocabulary.id(token.text);
      settings.added.back().id = id ? *id : next_id++;
    } else {
      AddedToken& old = settings.added[found->second];
      old = changed(old, token);
    }
  }
  if (next_id > kMaxTokens) {
    throw Error(ErrorCode::kUnsupported, settings.source + ": too many tokens");
  }
}

}  // namespace henson::tokenizer
