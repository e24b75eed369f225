// The page as text; tests/page/page_test.py looks at it in a browser.
#include <gtest/gtest.h>

#include "tests/tools/program.h"
#include "tools/page/charts.h"
#include "tools/page/html.h"
#include "tools/page/report.h"
#include "tools/page/sections.h"

namespace henson::tools::page {
namespace {

const std::string kGolden = HENSON_TEST_DATA;

TEST(Page, TextIsEscaped) {
  EXPECT_EQ(escaped("a<b>&\"'\x01\n"), "a&lt;b&gt;&amp;&quot;&#39;\\x01\\x0a");
  EXPECT_EQ(element("p", {{"title", "\"><script>"}}, text("<i>")).markup(),
            "<p title=\"&quot;&gt;&lt;script&gt;\">&lt;i&gt;</p>");
  EXPECT_EQ(element("rect", {{"x", "1"}}, {}).markup(), "<rect x=\"1\"/>");
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

TEST(Page, NamesOfAFileAreNoMarkup) {
  const std::string evil = "</script><script>alert(1)</script>{{style}}\"'><img src=x>";
  Report report{Inspection::open(kGolden + "/torch2.13_encoder_ids.pt"),
                {},
                evil,
                {1, 2, 3},
                std::nullopt,
                evil,
                evil};
  std::vector<InspectedTensor> tensors(report.archive.tensors().begin(),
                                       report.archive.tensors().end());
  for (InspectedTensor& tensor : tensors) {
    tensor.display_name = evil;
    tensor.role = evil;
    tensor.weight.same_as = {evil};
  }
  report.rows = rows_of(tensors);
  const std::string page = report_page(report);
  EXPECT_EQ(count(page, "<script"), 1U);
  EXPECT_EQ(count(page, "</script"), 1U);
  EXPECT_EQ(count(page, "<img"), 0U);
  EXPECT_EQ(count(page, "<style>"), 1U);
  EXPECT_GT(count(page, "&lt;img src=x&gt;"), tensors.size());
}

TEST(Page, NothingIsFetched) {
  const TestFolder folder;
  const std::string path = (folder / "page.html").string();
  ASSERT_EQ(henson(folder, "inspect '" + kGolden + "/torch2.13_masked_lm.pt' --html '" + path +
                               "' --shape 1x8")
                .code,
            0);
  const std::string page = read_file(path);
  for (const std::string part : {"http://", "https://", "src=", "url(", "@import", "<iframe"}) {
    EXPECT_EQ(count(page, part), 0U) << part;
  }
  EXPECT_EQ(count(page, "<link"), 1U);  // the icon, which is empty
  EXPECT_EQ(count(page, "{{"), 0U);
  for (const std::string id : {"summary", "blocks", "layers", "tokens", "plan", "tensors"}) {
    EXPECT_EQ(count(page, "<section id=\"" + id + "\""), id == "layers" ? 0U : 1U) << id;
  }
}

TEST(Page, AShapeThatDoesNotRunIsToldAndTheRestIsThere) {
  const TestFolder folder;
  const std::string path = (folder / "page.html").string();
  const Result result =
      henson(folder, "inspect '" + kGolden + "/torch2.13_encoder_ids.pt' --html '" + path +
                         "' --shape 1x99999");
  EXPECT_EQ(result.code, 0) << result.err;
  const std::string page = read_file(path);
  EXPECT_EQ(count(page, "Not timed at 1x99999"), 1U);
  EXPECT_EQ(count(page, "<section id=\"tensors\""), 1U);
}

TEST(Charts, SurviveNumbersThatAreNone) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto unit = [](double value) { return std::to_string(value); };
  EXPECT_TRUE(line_chart("t", {{"a", {nan, nan}}}, unit).empty());
  EXPECT_TRUE(line_chart("t", {}, unit).empty());
  const std::string chart = line_chart("t", {{"<a>", {1, nan, 3}}, {"b", {2, 2}}}, unit).markup();
  EXPECT_EQ(count(chart, "nan"), 0U) << chart;
  EXPECT_EQ(count(chart, "<path"), 2U);
  EXPECT_EQ(count(chart, "<a>"), 0U);
  EXPECT_TRUE(histogram_chart("t", {0, 1, {0, 0}}, false).empty());
  EXPECT_TRUE(band_chart("t", {}).empty());
  EXPECT_TRUE(band_chart("t", {1, nan}).empty());
  EXPECT_EQ(count(band_chart("t", {5}).markup(), "nan"), 0U);
  EXPECT_EQ(count(line_chart("t", {{"a", {0, 0, 0}}}, unit).markup(), "inf"), 0U);
}

}  // namespace
}  // namespace henson::tools::page
