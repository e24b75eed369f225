// The layout of PyTorch 1.0 to 1.2.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "loader/archive.h"
#include "tests/loader/archive_maker.h"

namespace henson::loader {
namespace {

using nlohmann::json;
using test::Entries;
using test::PickleMaker;
using test::TempFile;

json tensor(const char* type, std::vector<std::string> dims, std::vector<std::string> strides,
            const char* key, const char* offset = "0") {
  return {{"dims", dims},         {"strides", strides},     {"offset", offset},
          {"dataType", type},     {"data", {{"key", key}}}, {"device", "cuda:0"},
          {"requiresGrad", false}};
}

// A module with a submodule that holds a weight and a buffer; tensor 0 is a constant.
json small_model() {
  json scalar = {{"dataType", "DOUBLE"}, {"data", {{"key", "tensors/0"}}}};
  json inner = {{"name", "linear"},
                {"parameters",
                 {{{"isBuffer", false}, {"tensorId", "1"}, {"name", "weight"}},
                  {{"isBuffer", true}, {"tensorId", "2"}, {"name", "buffer"}}}}};
  json main = {{"name", "m"},
               {"torchscriptArena", {{"key", "code/m.py"}}},
               {"attributes", {{{"name", "scale"}, {"type", "float"}, {"id", "1"}}}},
               {"submodules", {inner}}};
  return {{"protoVersion", "5"},
          {"producerName", "pytorch"},
          {"producerVersion", "1.0"},
          {"mainModule", main},
          {"tensors",
           {scalar, tensor("FLOAT", {"2", "3"}, {"3", "1"}, "tensors/1"),
            tensor("FLOAT", {"3"}, {"1"}, "tensors/1", "3")}}};
}

Entries small_archive(const json& model) {
  const std::string code =
      "op_version_set = 1\n"
      "def forward(self,\n"
      "    x: Tensor) -> Tensor:\n"
      "  return torch.mul(x, self.linear.weight)\n"
      "def helper(x: Tensor) -> Tensor:\n"
      "  return x\n";
  const std::string attributes =
      PickleMaker().raw("(K\x01G\x40\x04").raw({"\0\0\0\0\0\0", 6}).raw("t").stop();
  return {{"m/version", "1\n"},
          {"m/model.json", model.dump(), true},
          {"m/code/m.py", code, true},
          {"m/attributes.pkl", attributes},
          {"m/tensors/0", test::bytes_of<double>({-10000})},
          {"m/tensors/1", test::bytes_of<float>({1, 2, 3, 4, 5, 6})}};
}

Archive open_made(const Entries& entries) {
  const TempFile file;
  test::write_zip(file.path(), entries);
  return open_archive(file.path());
}

std::string error_opening(const json& model) {
  return test::error_of([&] { open_made(small_archive(model)); });
}

TEST(ModelJson, Opens) {
  const Archive archive = open_made(small_archive(small_model()));
  EXPECT_EQ(archive.layout, Layout::kModelJson);
  EXPECT_EQ(archive.producer, "pytorch 1.0");
  EXPECT_EQ(archive.version, 1);
  EXPECT_EQ(archive.module->class_name, "code/m.py");
  EXPECT_EQ(std::get<double>(*archive.module->find("scale")), 2.5);
  const auto& linear = *std::get<std::shared_ptr<Object>>(*archive.module->find("linear"));
  const auto& weight = *std::get<std::shared_ptr<StoredTensor>>(*linear.find("weight"));
  const auto& buffer = *std::get<std::shared_ptr<StoredTensor>>(*linear.find("buffer"));
  EXPECT_EQ(weight.shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(weight.storage, buffer.storage);
  EXPECT_EQ(buffer.offset, 3);
  ASSERT_EQ(archive.constants.size(), 3U);
  EXPECT_EQ(std::get<std::shared_ptr<StoredTensor>>(archive.constants[0])->dtype, DType::kFloat64);
}

TEST(ModelJson, PutsMethodsIntoAClassAndTheRestIntoFunctions) {
  const Archive archive = open_made(small_archive(small_model()));
  ASSERT_TRUE(archive.classes.contains("code/m.py"));
  EXPECT_NE(archive.classes.at("code/m.py").find_method("forward"), nullptr);
  EXPECT_EQ(archive.classes.at("code/m.py").find_method("helper"), nullptr);
  EXPECT_TRUE(archive.functions.contains("code/m.py.helper"));
}

TEST(ModelJson, TakesTheVersionOfTheCodeWhenThereIsNoOther) {
  Entries entries = small_archive(small_model());
  test::remove_entry(entries, "m/version");
  EXPECT_EQ(open_made(entries).version, 1);
}

TEST(ModelJson, KnowsEveryType) {
  for (const auto& [name, dtype] :
       std::vector<std::pair<const char*, DType>>{{"FLOAT16", DType::kFloat16},
                                                  {"INT64", DType::kInt64},
                                                  {"INT32", DType::kInt32},
                                                  {"INT16", DType::kInt16},
                                                  {"INT8", DType::kInt8},
                                                  {"UINT8", DType::kUInt8},
                                                  {"BYTE", DType::kUInt8},
                                                  {"BOOL", DType::kBool}}) {
    json model = small_model();
    model["tensors"][2] = tensor(name, {"3"}, {"1"}, "tensors/1");
    const Archive archive = open_made(small_archive(model));
    EXPECT_EQ(std::get<std::shared_ptr<StoredTensor>>(archive.constants[2])->dtype, dtype) << name;
  }
}

TEST(ModelJson, NamesWhatIsWrong) {
  json model = small_model();
  model["tensors"][1]["dims"] = {"2", "4"};
  EXPECT_EQ(error_opening(model),
            "model.json: tensor 1: a tensor of shape [2, 4], strides [3, 1], offset 0 reaches "
            "outside its storage tensors/1 of 24 bytes");
  model = small_model();
  model["tensors"][1]["dims"] = {"2", "x"};
  EXPECT_EQ(error_opening(model), "model.json: 'dims' is not an integer");
  model = small_model();
  model["tensors"][1]["data"]["key"] = "tensors/9";
  EXPECT_EQ(error_opening(model), "model.json: the storage tensors/9 is missing from the archive");
  model = small_model();
  model["tensors"][1]["dataType"] = "STRING";
  EXPECT_EQ(error_opening(model), "model.json: tensors of type 'STRING' are not supported");
  model = small_model();
  model["tensors"][1].erase("data");
  EXPECT_EQ(error_opening(model), "model.json: tensor 1 has no storage");
  model = small_model();
  model["tensors"][1]["isQuantized"] = true;
  EXPECT_EQ(error_opening(model),
            "model.json: quantized tensors of PyTorch 1.2 and older are not supported");
  model = small_model();
  model["mainModule"]["attributes"][0]["id"] = "7";
  EXPECT_EQ(error_opening(model), "model.json: attribute 7 is named, and there are 2");
  model = small_model();
  model["mainModule"]["submodules"][0]["parameters"][0]["tensorId"] = "-1";
  EXPECT_EQ(error_opening(model), "model.json: tensor -1 is named, and there are 3");
  model = small_model();
  model["mainModule"].erase("torchscriptArena");
  EXPECT_EQ(error_opening(model), "model.json: the main module has no code");
  model = small_model();
  model.erase("mainModule");
  EXPECT_EQ(error_opening(model), "model.json: there is no 'mainModule'");
  model = small_model();
  model["tensors"] = "many";
  EXPECT_EQ(error_opening(model), "model.json: 'tensors' is not a list");
  EXPECT_EQ(error_opening(json(3)), "model.json: an object is expected around 'producerName'");
}

TEST(ModelJson, BoundsTheDepthOfModules) {
  json model = small_model();
  json module = {{"name", "x"}};
  for (int i = 0; i < 600; ++i) module = {{"name", "x"}, {"submodules", {module}}};
  model["mainModule"]["submodules"] = {module};
  EXPECT_EQ(error_opening(model), "model.json: modules nest deeper than 512");
}

TEST(ModelJson, RefusesJsonThatDoesNotParse) {
  Entries entries = small_archive(small_model());
  test::entry_named(entries, "m/model.json").bytes = "{\"a\": ";
  EXPECT_EQ(test::error_of([&] { open_made(entries); }),
            "model.json at byte 7: the JSON does not parse");
  test::entry_named(entries, "m/model.json").bytes = std::string(1 << 20, '[');
  EXPECT_EQ(test::error_of([&] { open_made(entries); }),
            "model.json at byte 1048577: the JSON does not parse");
}

}  // namespace
}  // namespace henson::loader
