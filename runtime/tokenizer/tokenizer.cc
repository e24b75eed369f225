#include "henson/tokenizer.h"

#include "runtime/api/guarded.h"
#include "runtime/tokenizer/files.h"
#include "runtime/tokenizer/options.h"
#include "runtime/tokenizer/tokenizer_impl.h"

namespace henson {

using runtime::guarded;

Tokenizer Tokenizer::open(const std::filesystem::path& path, const TokenizerOptions& options) {
  return guarded([&] {
    tokenizer::Settings settings = tokenizer::read_settings(path);
    tokenizer::apply_options(options, settings);
    return Tokenizer(std::make_shared<const Impl>(std::move(settings)));
  });
}

const Tokenizer::Impl& Tokenizer::impl() const { return runtime::held(impl_, "tokenizer"); }

Encoding Tokenizer::encode(std::string_view text, const EncodeOptions& options) const {
  return guarded([&] { return impl().encode(text, nullptr, options); });
}

Encoding Tokenizer::encode(std::string_view text, std::string_view pair,
                           const EncodeOptions& options) const {
  return guarded([&] { return impl().encode(text, &pair, options); });
}

std::vector<Encoding> Tokenizer::encode_windows(std::string_view text,
                                                const EncodeOptions& options) const {
  return guarded([&] { return impl().encode_windows(text, nullptr, options); });
}

std::vector<Encoding> Tokenizer::encode_windows(std::string_view text, std::string_view pair,
                                                const EncodeOptions& options) const {
  return guarded([&] { return impl().encode_windows(text, &pair, options); });
}

std::string Tokenizer::decode(std::span<const std::int64_t> ids, bool skip_special_tokens) const {
  return guarded([&] { return impl().decode(ids, skip_special_tokens); });
}

std::optional<std::string_view> Tokenizer::token(std::int64_t id) const { return impl().token(id); }

std::optional<std::int64_t> Tokenizer::id(std::string_view token) const {
  return guarded([&] { return impl().id(token); });
}

std::size_t Tokenizer::vocabulary_size() const noexcept {
  return impl_ ? impl_->vocabulary_size() : 0;
}

std::size_t Tokenizer::max_length() const noexcept {
  return impl_ ? impl_->settings().max_length : 0;
}

bool Tokenizer::is_special(std::int64_t id) const noexcept {
  return impl_ && impl_->is_special(id);
}

std::optional<std::int64_t> Tokenizer::cls_id() const noexcept {
  return impl_ ? impl_->special_id(impl_->settings().cls) : std::nullopt;
}

std::optional<std::int64_t> Tokenizer::sep_id() const noexcept {
  return impl_ ? impl_->special_id(impl_->settings().sep) : std::nullopt;
}

std::optional<std::int64_t> Tokenizer::pad_id() const noexcept {
  return impl_ ? impl_->special_id(impl_->settings().pad) : std::nullopt;
}

std::optional<std::int64_t> Tokenizer::mask_id() const noexcept {
  return impl_ ? impl_->special_id(impl_->settings().mask) : std::nullopt;
}

std::optional<std::int64_t> Tokenizer::unk_id() const noexcept {
  return impl_ ? impl_->special_id(impl_->settings().unk) : std::nullopt;
}

}  // namespace henson
