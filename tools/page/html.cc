#include "tools/page/html.h"

#include <algorithm>
#include <array>

#include "tools/report.h"

namespace henson::tools::page {
namespace {

bool is_void(std::string_view name) {
  static constexpr auto kVoid =
      std::to_array<std::string_view>({"rect", "path", "line", "circle", "br", "input", "meta"});
  return std::find(kVoid.begin(), kVoid.end(), name) != kVoid.end();
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : printable(text)) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      case '\'':
        safe += "&#39;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

Html dotted_name(std::string_view name) {
  std::string markup;
  for (const char c : escaped(name)) {
    markup += c;
    if (c == '.') markup += "<wbr>";
  }
  return Html(markup);
}

Html text(std::string_view text) { return Html(escaped(text)); }

Html element(std::string_view name, Attributes attributes, const Html& content) {
  std::string markup = "<" + std::string(name);
  for (const auto& [key, value] : attributes) {
    markup += " " + std::string(key) + "=\"" + escaped(value) + "\"";
  }
  if (is_void(name)) return Html(markup + "/>");
  return Html(markup + ">" + content.markup_ + "</" + std::string(name) + ">");
}

}  // namespace henson::tools::page
