#include "tools/page/report.h"

#include "tools/page/assets.h"
#include "tools/page/sections.h"
#include "tools/report.h"

namespace henson::tools::page {
namespace {

struct Filling {
  std::string_view name;
  std::string_view markup;
};

/// Replaces each {{name}} of the skeleton; what is put in is not looked at again.
std::string filled(std::string_view skeleton, std::initializer_list<Filling> fillings) {
  std::string page;
  while (true) {
    const std::size_t start = skeleton.find("{{");
    page += skeleton.substr(0, start);
    if (start == std::string_view::npos) return page;
    const std::size_t end = skeleton.find("}}", start);
    const std::string_view name = skeleton.substr(start + 2, end - start - 2);
    for (const Filling& filling : fillings) {
      if (filling.name == name) page += filling.markup;
    }
    skeleton.remove_prefix(end + 2);
  }
}

struct Part {
  const char* id;
  const char* name;
  Html (*made)(const Report&);
};

constexpr Part kParts[] = {
    {"summary", "Summary", summary_section},
    {"blocks", "Weights", blocks_section},
    {"layers", "Layer by layer", curves_section},
    {"tokens", "Tokens", tokens_section},
    {"plan", "Time", plan_section},
    {"tensors", "Tensors", tensors_section},
};

}  // namespace

Html section(const std::string& id, const std::string& heading, const Html& content) {
  const std::string title = id + "-heading";
  return element("section", {{"id", id}, {"aria-labelledby", title}},
                 element("h2", {{"id", title}}, text(heading)) + content);
}

Html small_table(const std::string& caption, const std::vector<std::string>& columns,
                 const std::vector<std::vector<Html>>& rows) {
  Html heading;
  for (const std::string& column : columns) {
    heading += element("th", {{"scope", "col"}}, text(column));
  }
  Html body;
  for (const std::vector<Html>& row : rows) {
    Html cells;
    for (const Html& cell : row) {
      cells += cells.empty() ? element("th", {{"scope", "row"}}, cell) : element("td", cell);
    }
    body += element("tr", cells);
  }
  return element("h3", caption) +
         element(
             "div",
             {{"class", "scroll"}, {"tabindex", "0"}, {"role", "region"}, {"aria-label", caption}},
             element("table", element("thead", element("tr", heading)) + element("tbody", body)));
}

std::string report_page(const Report& report) {
  Html navigation;
  Html content;
  for (const Part& part : kParts) {
    const Html made = part.made(report);
    if (made.empty()) continue;
    content += made;
    navigation +=
        element("li", element("a", {{"href", "#" + std::string(part.id)}}, text(part.name)));
  }
  const std::string name = report.archive.path().filename().string();
  const std::string& summary = report.archive.summary().text;
  const Html lead = summary.empty() ? Html() : element("p", {{"class", "lead"}}, text(summary));
  return filled(kPageHtml, {{"title", escaped(name + ": what is in it")},
                            {"style", kPageCss},
                            {"heading", escaped(name)},
                            {"lead", lead.markup()},
                            {"navigation", navigation.markup()},
                            {"content", content.markup()},
                            {"footer",
                             "Written by henson inspect --html. Nothing on this page is "
                             "fetched from anywhere."},
                            {"script", kPageJs}});
}

}  // namespace henson::tools::page
