// Markup that cannot be broken by the texts in it.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace henson::tools::page {

/// Text of a file, escaped for an element or a quoted attribute.
std::string escaped(std::string_view text);

/// Markup. A text becomes one only by `text`, which escapes it.
class Html {
 public:
  Html() = default;
  Html& operator+=(const Html& more) {
    markup_ += more.markup_;
    return *this;
  }
  friend Html operator+(Html a, const Html& b) { return a += b; }
  const std::string& markup() const noexcept { return markup_; }
  bool empty() const noexcept { return markup_.empty(); }

 private:
  friend Html text(std::string_view text);
  friend Html dotted_name(std::string_view name);
  friend Html element(std::string_view,
                      std::initializer_list<std::pair<std::string_view, std::string>>, const Html&);
  explicit Html(std::string markup) : markup_(std::move(markup)) {}

  std::string markup_;
};

using Attributes = std::initializer_list<std::pair<std::string_view, std::string>>;

Html text(std::string_view text);
/// A name with dots, which may go on in the next line behind each.
Html dotted_name(std::string_view name);
/// <name attributes>content</name>; void elements ("rect", "path", "input") without content or end.
Html element(std::string_view name, Attributes attributes, const Html& content = {});
inline Html element(std::string_view name, const Html& content) {
  return element(name, {}, content);
}
/// Of text alone.
inline Html element(std::string_view name, std::string_view content) {
  return element(name, {}, text(content));
}

}  // namespace henson::tools::page
