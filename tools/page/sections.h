// The parts of the page, each a <section>; empty where there is nothing to tell.
#pragma once

#include "tools/page/html.h"
#include "tools/page/report.h"

namespace henson::tools::page {

Html section(const std::string& id, const std::string& heading, const Html& content);
/// A heading row and rows; the first cell of each row is its heading.
Html small_table(const std::string& caption, const std::vector<std::string>& columns,
                 const std::vector<std::vector<Html>>& rows);

Html summary_section(const Report& report);
Html blocks_section(const Report& report);
Html curves_section(const Report& report);
Html tokens_section(const Report& report);
Html plan_section(const Report& report);
Html tensors_section(const Report& report);

}  // namespace henson::tools::page
