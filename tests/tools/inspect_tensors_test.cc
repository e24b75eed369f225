// `inspect` of single tensors, as its users meet it.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/tools/json_schema.h"
#include "tests/tools/program.h"
#include "tools/npy.h"

namespace henson::tools {
namespace {

const std::string kGolden = HENSON_TEST_DATA;
const std::string kEncoder = "inspect '" + kGolden + "/torch2.13_encoder_full.pt' ";
const std::string kInt8 = "inspect '" + kGolden + "/torch2.13_int8.pt' ";

nlohmann::json json_of(const std::string& arguments) {
  const TestFolder folder;
  const Result result = henson(folder, arguments + " --json");
  EXPECT_EQ(result.code, 0) << result.err;
  static const JsonSchema kSchema(
      nlohmann::json::parse(read_file(std::filesystem::path(HENSON_TEST_SOURCES).parent_path() /
                                      "tools" / "schema" / "inspect_tensors.json")));
  const auto json = nlohmann::json::parse(result.out);
  for (const std::string& fault : kSchema.faults(json)) ADD_FAILURE() << fault;
  return json;
}

TEST(InspectTensors, StatisticsOfEveryGoldenArchive) {
  std::size_t archives = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kGolden)) {
    if (entry.path().extension() != ".pt") continue;
    SCOPED_TRACE(entry.path().filename());
    ++archives;
    const auto json = json_of("inspect '" + entry.path().string() + "' --stats");
    EXPECT_EQ(json["schema"], 1);
    ASSERT_GT(json["tensors"].size(), 0U);
    for (const auto& tensor : json["tensors"]) {
      ASSERT_TRUE(tensor.contains("statistics")) << tensor["name"];
      const auto& statistics = tensor["statistics"];
      std::uint64_t elements = 1;
      for (const std::uint64_t size : tensor["shape"]) elements *= size;
      EXPECT_EQ(statistics["count"], elements);
      std::uint64_t binned = 0;
      for (const std::uint64_t bin : statistics["histogram"]) binned += bin;
      EXPECT_EQ(binned, elements);
      EXPECT_LE(statistics["min"], statistics["mean"]);
      EXPECT_LE(statistics["mean"], statistics["max"]);
    }
  }
  EXPECT_GT(archives, 20U);
}

TEST(InspectTensors, FoldedUnlessAllAreAskedFor) {
  const TestFolder folder;
  const Result folded = henson(folder, kEncoder + "--stats");
  EXPECT_EQ(folded.code, 0) << folded.err;
  EXPECT_EQ(folded.err, "");
  EXPECT_NE(folded.out.find("layers alike:"), std::string::npos) << folded.out;
  EXPECT_NE(folded.out.find("outliers: farther"), std::string::npos);
  const Result all = henson(folder, kEncoder + "--stats --all");
  EXPECT_EQ(all.out.find("layers alike"), std::string::npos);
  const Result sorted = henson(folder, kEncoder + "--sort std");
  EXPECT_EQ(sorted.out.find("layers alike"), std::string::npos);
  EXPECT_NE(sorted.out.find("histogram"), std::string::npos);
}

TEST(InspectTensors, AFilterListsAlone) {
  const TestFolder folder;
  const Result result = henson(folder, kEncoder + "--filter '*query*'");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_NE(result.out.find(" tensors of "), std::string::npos) << result.out;
  EXPECT_EQ(result.out.find("histogram"), std::string::npos);
  expect_failure(kEncoder + "--filter nothing", 3, "none fits `nothing`");
  expect_failure(kEncoder + "--role nothing", 3, "none fits `nothing`; roles here: ");
  expect_failure(kEncoder + "--sort size", 2, "--sort: there is no column `size`");
}

TEST(InspectTensors, RolesFilter) {
  const auto json = json_of(kEncoder + "--role query");
  ASSERT_GT(json["tensors"].size(), 1U);
  for (const auto& tensor : json["tensors"]) {
    EXPECT_TRUE(std::string(tensor["role"]).starts_with("query of layer ")) << tensor["role"];
  }
}

TEST(InspectTensors, ValuesOfAPart) {
  const TestFolder folder;
  const std::string name = "word_embeddings.weight";
  const Result result = henson(folder, kEncoder + "--tensor '" + name + "[1:3, -2:]'");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_NE(result.out.find("of which [2, 2]"), std::string::npos) << result.out;
  const auto whole = json_of(kEncoder + "--tensor " + name);
  const auto part = json_of(kEncoder + "--tensor '" + name + "[1:3, -2:]'");
  EXPECT_EQ(part["schema"], 1);
  EXPECT_EQ(part["shape"], (std::vector<int>{2, 2}));
  const auto& row = whole["values"][2];
  EXPECT_EQ(part["values"][1][1], row[row.size() - 1]);
  expect_failure(kEncoder + "--tensor '" + name + "[99999]'", 3, "index 99999 is out of range");
  expect_failure(kEncoder + "--tensor '" + name + "[x]'", 2, "`x` is no index");
  expect_failure(kEncoder + "--tensor nothing", 3, "there is no tensor `nothing`");
  expect_failure(kEncoder + "--export x.npy", 2, "give --tensor");
  expect_failure(kEncoder + "--tensor x --sort name", 2, "leave --filter, --role and --sort out");
}

TEST(InspectTensors, ExportsNpy) {
  const TestFolder folder;
  const std::string path = (folder / "part.npy").string();
  const std::string tensor = "--tensor 'word_embeddings.weight[:2, 3]'";
  EXPECT_EQ(henson(folder, kEncoder + tensor + " --export '" + path + "'").code, 0);
  const std::string file = read_file(path);
  const auto bytes = std::as_bytes(std::span(file));
  const NpyHeader header = parse_npy_header(bytes, bytes.size(), path);
  EXPECT_EQ(header.dtype, DType::kFloat32);
  EXPECT_EQ(header.shape, (std::vector<std::int64_t>{2}));
  const Tensor values = decode_npy(header, bytes.subspan(header.size));
  EXPECT_EQ(json_of(kEncoder + tensor)["values"][1], values.values<float>()[1]);
}

TEST(InspectTensors, QuantizedTensorsAreWhatTheyStandFor) {
  const auto json = json_of(kInt8 + "--stats");
  std::size_t quantized = 0;
  for (const auto& tensor : json["tensors"]) {
    if (!std::string(tensor["dtype"]).starts_with("q")) continue;
    ++quantized;
    EXPECT_LT(tensor["statistics"]["max"], 10) << tensor["name"];  // and no integers up to 127
    const auto values =
        json_of(kInt8 + "--tensor '" + std::string(tensor["display_name"]) + "[0]'");
    EXPECT_LE(values["values"][0], tensor["statistics"]["max"]);
  }
  EXPECT_GT(quantized, 0U);
}

TEST(InspectTensors, RankOfMatrices) {
  const auto json = json_of(kEncoder + "--rank --filter '*query*'");
  std::size_t matrices = 0;
  for (const auto& tensor : json["tensors"]) {
    if (tensor["shape"].size() != 2) {
      EXPECT_FALSE(tensor.contains("spectrum"));
      continue;
    }
    ++matrices;
    EXPECT_GT(tensor["spectrum"]["rank"], 1);
    EXPECT_LE(tensor["spectrum"]["rank90"], tensor["spectrum"]["rank"]);
  }
  EXPECT_GT(matrices, 0U);
  const TestFolder folder;
  EXPECT_NE(henson(folder, kEncoder + "--rank").out.find("rank (90%)"), std::string::npos);
}

TEST(InspectTensors, ThePlanFoldsItsLayers) {
  const TestFolder folder;
  const Result folded = henson(folder, kEncoder + "--plan");
  EXPECT_NE(folded.out.find("2 times, one after the other:"), std::string::npos) << folded.out;
  EXPECT_NE(folded.out.find("(reference): no fast kernel"), std::string::npos) << folded.out;
  const Result all = henson(folder, kEncoder + "--plan --all");
  EXPECT_EQ(all.out.find("one after the other"), std::string::npos);
}

}  // namespace
}  // namespace henson::tools
