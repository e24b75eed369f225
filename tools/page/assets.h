// The page's skeleton, style and script, from page.html, page.css and page.js beside this file.
#pragma once

#include <string_view>

namespace henson::tools::page {

extern const std::string_view kPageHtml;
extern const std::string_view kPageCss;
extern const std::string_view kPageJs;

}  // namespace henson::tools::page
