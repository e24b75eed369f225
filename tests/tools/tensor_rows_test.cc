#include "tools/tensor_rows.h"

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "tools/command_line.h"
#include "tools/histogram.h"
#include "tools/statistics_table.h"

namespace henson::tools {
namespace {

InspectedTensor tensor(const std::string& name, std::vector<std::int64_t> shape,
                       const std::string& role = "") {
  InspectedTensor made;
  made.weight.name = name;
  made.weight.strides.assign(shape.size(), 1);
  made.weight.bytes = 4;
  for (const std::int64_t size : shape) made.weight.bytes *= static_cast<std::uint64_t>(size);
  made.weight.shape = std::move(shape);
  made.display_name = name;
  made.role = role;
  return made;
}

const std::vector<InspectedTensor> kTensors{
    tensor("words", {9, 2}, "word embeddings, decoder"),
    tensor("layer.0.q", {2, 2}, "query of layer 0"),
    tensor("layer.0.b", {2}, "query bias of layer 0"),
    tensor("layer.1.q", {2, 2}, "query of layer 1"),
    tensor("layer.1.b", {2}, "query bias of layer 1"),
    tensor("CONSTANTS.c7", {3}),
};

std::vector<std::string> names(const std::vector<TensorRow>& rows) {
  std::vector<std::string> found;
  for (const TensorRow& row : rows) found.push_back(row.name);
  return found;
}

using Names = std::vector<std::string>;

TEST(TensorRows, FiltersByNameAndRole) {
  const auto by = [](const Names& globs, const Names& roles) {
    return names(filtered(rows_of(kTensors), {globs, roles}));
  };
  EXPECT_EQ(by({}, {}).size(), 6U);
  EXPECT_EQ(by({"*.q"}, {}), (Names{"layer.0.q", "layer.1.q"}));
  EXPECT_EQ(by({"words", "*c[0-9]"}, {}), (Names{"words", "CONSTANTS.c7"}));
  EXPECT_EQ(by({}, {"query"}), (Names{"layer.0.q", "layer.1.q"}));
  EXPECT_EQ(by({}, {"Query*"}), (Names{"layer.0.q", "layer.0.b", "layer.1.q", "layer.1.b"}));
  EXPECT_EQ(by({}, {"query of layer 1"}), (Names{"layer.1.q"}));
  EXPECT_EQ(by({}, {"decoder"}), (Names{"words"}));
  EXPECT_EQ(by({"*.1.*"}, {"query bias"}), (Names{"layer.1.b"}));
}

template <typename F>
std::string error_of(F&& f) {
  try {
    f();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "no error";
}

TEST(TensorRows, AFilterThatNothingPassesSaysWhatThereIs) {
  EXPECT_EQ(error_of([] {
              filtered(rows_of(kTensors), {{"x*"}, {}});
            }),
            "of 6 tensors, none fits `x*`");
  EXPECT_EQ(error_of([] {
              filtered(rows_of(kTensors), {{}, {"keys"}});
            }),
            "of 6 tensors, none fits `keys`; roles here: decoder, query, word embeddings");
}

TEST(TensorRows, KindsAreRolesWithoutLayers) {
  EXPECT_EQ(kind_of("query of layer 3"), "query");
  EXPECT_EQ(kind_of("query bias of layers 0-11"), "query bias");
  EXPECT_EQ(kind_of("word embeddings, decoder"), "word embeddings, decoder");
  EXPECT_EQ(kind_of(""), "");
}

TEST(TensorRows, SortsByTextNumbersAndWhatWasMeasured) {
  std::vector<TensorRow> rows = rows_of(kTensors);
  sort_rows(rows, sort_column("name"));
  EXPECT_EQ(names(rows).front(), "CONSTANTS.c7");
  rows = rows_of(kTensors);
  sort_rows(rows, sort_column("bytes"));
  EXPECT_EQ(names(rows),
            (Names{"words", "layer.0.q", "layer.1.q", "CONSTANTS.c7", "layer.0.b", "layer.1.b"}));
  rows = rows_of(kTensors);
  rows[4].statistics.emplace().deviation = 2;
  rows[2].statistics.emplace().deviation = 3;
  EXPECT_TRUE(sort_column("std").measured);
  EXPECT_FALSE(sort_column("bytes").measured);
  EXPECT_TRUE(sort_column("rank").spectral);
  sort_rows(rows, sort_column("std"));
  EXPECT_EQ(names(rows).at(0), "layer.0.b");
  EXPECT_EQ(names(rows).at(1), "layer.1.b");
  EXPECT_EQ(names(rows).at(2), "words");
  EXPECT_NE(error_of([] { sort_column("size"); }).find("no column `size`; there are name, role"),
            std::string::npos);
}

TEST(TensorRows, FindsOneByNameOrByTheOnlyOneThatFits) {
  const std::vector<TensorRow> rows = rows_of(kTensors);
  EXPECT_EQ(find_row(rows, "layer.1.q").name, "layer.1.q");
  EXPECT_EQ(find_row(rows, "*1.b").name, "layer.1.b");
  EXPECT_EQ(find_row(rows, "ords").name, "words");
  EXPECT_NE(error_of([&] { find_row(rows, "keys"); }).find("there is no tensor `keys`; --filter"),
            std::string::npos);
  EXPECT_EQ(error_of([&] { find_row(rows, "layer"); }),
            "there is no tensor `layer`; 4 fit: `layer.0.q`, `layer.0.b`, `layer.1.q`, …");
}

TEST(Histogram, IsDrawnByTheLogarithm) {
  EXPECT_EQ(drawn({0, 1, {0, 1, 1000, 1000000, 1}}), " ▁▅█▁");
  EXPECT_EQ(drawn({0, 1, {0, 0}}), "  ");
}

double sum_of(const std::vector<double>& numbers) {
  double sum = 0;
  for (const double number : numbers) sum += number;
  return sum;
}

TEST(Histogram, MergesOntoOneAxis) {
  const std::vector<Histogram> two{{0, 4, {1, 2, 3, 4}}, {-4, 0, {0, 0, 0, 8}}};
  const Histogram all = merged(two, 8);
  EXPECT_EQ(all.least, -4);
  EXPECT_EQ(all.largest, 4);
  EXPECT_EQ(all.counts, (std::vector<double>{0, 0, 0, 8, 1, 2, 3, 4}));
  EXPECT_EQ(merged(two, 2).counts, (std::vector<double>{8, 10}));
  const Histogram point = merged(std::vector<Histogram>{{2, 2, {5, 0}}, {0, 4, {1, 1}}}, 4);
  EXPECT_NEAR(sum_of(point.counts), 7, 1e-12);
  EXPECT_GE(point.counts[2], 5);
  EXPECT_EQ(merged({}, 3).counts, (std::vector<double>{0, 0, 0}));
}

std::string table_of(std::vector<TensorRow> rows, bool fold) {
  double number = 0.25;
  for (TensorRow& row : rows) {
    WeightStatistics& of = row.statistics.emplace();
    of.count = 4;
    of.zeros = 1;
    of.least = -number;
    of.largest = number;
    of.deviation = number;
    of.histogram[0] = 1;
    of.histogram[kHistogramBins - 1] = 3;
    number *= 2;
  }
  rows.front().statistics->nans = 2;
  std::ostringstream out;
  statistics_table(rows, fold).print(out);
  return out.str();
}

TEST(StatisticsTable, FoldsLayersAndTellsTheirRanges) {
  const std::string text = table_of(rows_of(kTensors), true);
  EXPECT_NE(text.find("  layer.0 … 1: 2 layers alike:\n"), std::string::npos) << text;
  EXPECT_NE(text.find("    .q          [2, 2]     0  0.5…2     -2     2    25%"), std::string::npos)
      << text;
  EXPECT_NE(text.find("2 NaN"), std::string::npos) << text;
  EXPECT_EQ(text.find("layer.1.q"), std::string::npos);
}

TEST(StatisticsTable, OrListsThemAll) {
  const std::string text = table_of(rows_of(kTensors), false);
  EXPECT_NE(text.find("layer.1.q"), std::string::npos) << text;
  EXPECT_EQ(text.find("alike"), std::string::npos);
}

TEST(StatisticsTable, AsJson) {
  std::vector<TensorRow> rows = rows_of(kTensors);
  rows[0].statistics.emplace().mean = std::nan("");
  rows[0].spectrum.emplace().rank = 2;
  const Json json = to_json(rows[0]);
  EXPECT_EQ(json["name"], "words");
  EXPECT_EQ(json["role"], "word embeddings, decoder");
  EXPECT_EQ(json["statistics"]["mean"], "nan");
  EXPECT_EQ(json["statistics"]["histogram"].size(), kHistogramBins);
  EXPECT_EQ(json["spectrum"]["rank"], 2);
  EXPECT_FALSE(to_json(rows[1]).contains("statistics"));
}

}  // namespace
}  // namespace henson::tools
