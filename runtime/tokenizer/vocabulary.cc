#include "runtime/tokenizer/vocabulary.h"

#include "henson/error.h"

namespace henson::tokenizer {

void Vocabulary::add(std::string_view token, std::int64_t id, bool again) {
  if (id < 0 || id >= kMaxTokens) {
    throw Error(ErrorCode::kBadArchive, "a token has the id " + std::to_string(id) +
                                            "; ids of a vocabulary are 0 to " +
                                            std::to_string(kMaxTokens - 1));
  }
  const auto index = static_cast<std::size_t>(id);
  const auto found = ids_.find(token);
  if (found == ids_.end()) {
    names_.emplace_back(token);
    ids_.emplace(names_.back(), id);
    token = names_.back();
  } else {
    const auto before = static_cast<std::size_t>(found->second);
    if (again) {
      ++repeated_;
    } else if (before != index && tokens_[before] == token) {
      tokens_[before].reset();
    }
    found->second = id;
    token = found->first;
  }
  if (index >= tokens_.size()) tokens_.resize(index + 1);
  tokens_[index] = token;
}

std::optional<std::int64_t> Vocabulary::id(std::string_view token) const {
  const auto found = ids_.find(token);
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

std::optional<std::string_view> Vocabulary::token(std::int64_t id) const {
  if (id < 0 || static_cast<std::size_t>(id) >= tokens_.size()) return std::nullopt;
  return tokens_[static_cast<std::size_t>(id)];
}

void Vocabulary::for_each(
    const std::function<void(std::string_view token, std::int64_t id)>& visit) const {
  for (const std::string& name : names_) visit(name, ids_.at(name));
}

}  // namespace henson::tokenizer
